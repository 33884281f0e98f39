// A development chain for a test file: one node on a folder of its own, which may be restarted.

import { Chain } from './chain.js';
import { engineReady } from './inference.js';
import { Node, removeFolder, temporaryFolder } from './node.js';

export class Testnet {
	/** Starts a chain, or goes on with the one in `dir`, and waits until its engine is ready. */
	static async start(dir = temporaryFolder(), args = []) {
		const testnet = new Testnet();
		testnet.dir = dir;
		testnet.args = args;
		testnet.node = await Node.start(dir, args);
		try {
			testnet.chain = await Chain.connect(testnet.node);
			await engineReady(testnet.chain);
		} catch (error) {
			// Else its connection, which tries again and again, keeps the test's process alive.
			await testnet.chain?.close();
			await testnet.node.kill();
			throw error;
		}
		return testnet;
	}

	/** Kills the node and starts another one on its folder. */
	async killAndRestart() {
		await this.node.kill();
		await this.chain.close();
		return Testnet.start(this.dir, this.args);
	}

	/** Stops the node as an operator would and starts another one on its folder. */
	async restart() {
		const code = await this.halt();
		if (code !== 0) {
			throw this.node.failure(`the node stopped with exit code ${code}`);
		}
		return Testnet.start(this.dir, this.args);
	}

	/** Stops the node and returns its exit code. */
	async halt() {
		await this.chain.close();
		return this.node.stop();
	}

	/** Stops the node and removes its folder. */
	async end() {
		if (!this.node.end) {
			await this.halt();
		}
		removeFolder(this.dir);
	}
}
