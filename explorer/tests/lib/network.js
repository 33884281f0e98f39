// A development chain with a model that doubles numbers and has a card, and a request that is final.

import { connect, devAccount } from '@assay-network/client';
import { contentId } from '@assay-network/client/verify';
import { blake2, chunks } from '../../../tests/lib/hash.js';
import { temporaryFolder } from '../../../tests/lib/node.js';
import { doubling } from '../../../tests/lib/onnx.js';
import { Testnet } from '../../../tests/lib/testnet.js';
import { u8aToHex } from '@polkadot/util';
