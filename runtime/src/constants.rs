//! Numbers of the runtime, each with its reason.

use crate::{Balance, BlockNumber};
use assay_primitives::Window;

/// Milliseconds of a slot: short enough for an answer in 10 s, long enough for a committee's runs.
pub const MILLISECS_PER_BLOCK: u64 = 2_000;
/// Blocks of a minute.
pub const MINUTES: BlockNumber = 60_000 / (MILLISECS_PER_BLOCK as BlockNumber);
/// Blocks of an hour.
pub const HOURS: BlockNumber = MINUTES * 60;
/// Blocks of a day.
pub const DAYS: BlockNumber = HOURS * 24;

/// Bytes of all transactions of a block, at most. An upgrade has to fit in, uncompressed if it was built for development.
pub const MAX_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;

/// Blocks of a session, which is a BABE epoch: an hour.
pub const SESSION_BLOCKS: BlockNumber = HOURS;
/// Sessions of an era: penalties are taken, and jail ends, with eras.
pub const SESSIONS_PER_ERA: u32 = 6;
/// Blocks between unbonding and withdrawal: a week, longer than any window in which a fault can be shown.
pub const UNBONDING_BLOCKS: BlockNumber = 7 * DAYS;
/// Primary slots are drawn with this chance; in the others a secondary author with a VRF takes over.
pub const PRIMARY_PROBABILITY: (u64, u64) = (1, 4);

/// Plancks of one ASY, which has 12 decimals.
pub const ASY: Balance = 1_000_000_000_000;
/// A thousandth of it.
pub const MILLI: Balance = ASY / 1_000;
/// A millionth.
pub const MICRO: Balance = MILLI / 1_000;
/// Smallest balance that an account may have.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI;

/// Plancks on hold for this many items in the state with this many bytes together.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
	(items as Balance).saturating_mul(MODEL_DEPOSIT_BASE).saturating_add((bytes as Balance).saturating_mul(MILLI / 10))
}

/// Plancks for a request, whatever it runs: what its storage and its share of a block cost at the transaction fees below.
pub const BASE_PRICE: Balance = MILLI;
/// Plancks for a compute unit, to each voter: 10^9 units, half a second of a core, cost a thousandth of an ASY.
pub const UNIT_PRICE: Balance = 1;
/// Plancks for a byte of input, to each voter: a megabyte costs a tenth of a thousandth.
pub const BYTE_PRICE: Balance = 100;
/// Plancks on hold for a model's record, which is bounded: at most 16 KiB of output, 1 KiB of statement, half a KiB of description, and
/// 11 places of a hundred bytes that it is found at.
pub const MODEL_DEPOSIT_BASE: Balance = ASY / 10;
/// Plancks on hold for a name, for as long as it is somebody's: a small record, and a reason not to take many.
pub const NAME_DEPOSIT: Balance = ASY / 10;
/// Bytes that all models may take of every validator's disk, which is less than a node's default budget for blobs, until governance raises it.
pub const CATALOGUE_LIMIT: u64 = 32 << 30;
/// Plancks on hold for each KiB that every validator keeps of a model, where the catalogue is at most half full.
pub const MODEL_DEPOSIT_PER_KIB: Balance = MILLI / 10;

/// Plancks on hold for a space of memory, and for each grant and box key: small records, of which an agent has a few.
pub const MEMORY_RECORD_DEPOSIT: Balance = ASY / 100;
/// Plancks on hold for each KiB that every validator keeps of a space: ten times a model's, of which there are fewer and larger ones.
pub const MEMORY_DEPOSIT_PER_KIB: Balance = MILLI;
/// Bytes that the network keeps for a space: some 100,000 memories.
pub const MAX_SPACE_BYTES: u64 = 64 << 20;
/// Bytes that it keeps for all spaces: with the catalogue of models, less than a node's default budget for blobs.
pub const MAX_MEMORY_BYTES: u64 = 10 << 30;
/// Grants of a space: each manifest has a key for each reader.
pub const MAX_GRANTS: u32 = 256;

/// Plancks that a transaction pays for each of its bytes, in its block's body and in every node's database: a block that is filled with bytes
/// costs 0.39 ASY, half of one that is filled with work.
pub const FEE_PER_BYTE: Balance = MICRO / 10;

/// Committee size when a request names none.
pub const DEFAULT_COMMITTEE: u32 = 5;
/// Largest committee.
pub const MAX_COMMITTEE: u32 = 21;
/// Auditors that are expected in a committee's round, beside its members, when a request names no number.
pub const DEFAULT_AUDITS: u32 = 8;
/// Most auditors that a request may ask for.
pub const MAX_AUDITS: u32 = 32;
/// Most members of an activation round.
pub const MAX_ACTIVATION: u32 = 64;
/// Most validators of a session. A round of all of them is settled in one block.
pub const MAX_VALIDATORS: u32 = 100;
/// Most accounts with a bond: each election reads them all.
pub const MAX_CANDIDATES: u32 = 1_000;
/// Smallest bond. A wrong verdict costs all of it.
pub const MIN_BOND: Balance = 1_000 * ASY;
/// Smallest delegation: as much as ten of its records would hold as a deposit.
pub const MIN_DELEGATION: Balance = ASY;
/// Penalties that one block takes, each a transfer: those of a full set for every kind of fault are done in 25 blocks.
pub const PENALTIES_PER_BLOCK: u32 = 20;
/// Blocks in which the validators support a motion: a day.
pub const MOTION_DURATION: BlockNumber = DAYS;
/// Motions that a validator may have open.
pub const MOTIONS_PER_VALIDATOR: u32 = 2;
/// Open motions: as many as all validators may have.
pub const MAX_MOTIONS: u32 = MOTIONS_PER_VALIDATOR * MAX_VALIDATORS;
/// Plancks on hold for an open motion.
pub const MOTION_DEPOSIT: Balance = 10 * ASY;
/// Blocks between a decision of two thirds and the call that it is about: long enough for everybody to see it, and to say no.
pub const ENACTMENT_DELAY: BlockNumber = 2 * DAYS;
/// Duties missed in an era that put a validator in jail.
pub const MISSES_TO_JAIL: u32 = 10;
/// Models and requests that one block takes, and tasks that it does: settling one takes about 10 ms at the largest committee.
pub const MAX_PER_BLOCK: u32 = 64;
/// Pending models and open requests together: 64 a block for the 30 blocks that one is open. A task of each fills 32 blocks' agendas, below
/// the 64 that are tried.
pub const MAX_OPEN: u32 = 2_048;
/// Blocks in which a pending model is to be uploaded and attested: 20 minutes.
pub const ACTIVATION_WINDOW: BlockNumber = 20 * MINUTES;
/// Compute units that an activation may use: as many as a request may buy.
pub const ACTIVATION_UNITS: u64 = assay_primitives::constants::MAX_UNIT_LIMIT;
/// The window in which a committee's agreement may be disputed, for requests that name none: whoever has less than a
/// third of the validators never makes all blocks of such a window.
pub const DEFAULT_WINDOW: Window = Window::Assured;
pub use assay_primitives::constants::ASSURED_WINDOW;
/// Fewest blocks of a window.
pub const MIN_WINDOW: BlockNumber = 4;
/// Most blocks of a window: an hour.
pub const MAX_WINDOW: BlockNumber = HOURS;
/// Callbacks of open requests and of those that wait for their turn: a quarter of what may be open.
pub const MAX_CALLBACKS: u32 = 256;
/// Blocks after which a result leaves the state: a week.
pub const RESULT_RETENTION: BlockNumber = 7 * DAYS;

/// Blocks of the longest round, rounded up: an activation takes 600 blocks of seals, a round of all that is repeated 101 and twice T; audits 3 and
/// T; reveals 100 and T; and T is at most 91.
pub const LONGEST_ROUND: u64 = 800;
