// A wire to a node that can be cut: clients see the same address before and after.

import net from 'node:net';

export class Wire {
	#open = new Set();
	#cut = false;

	/** Leads to a node's RPC. */
	static async to(url) {
		const wire = new Wire();
		const { hostname, port } = new URL(url);
		wire.server = net.createServer((client) => {
			if (wire.#cut) {
				client.destroy();
				return;
			}
			const node = net.connect(Number(port), hostname);
			for (const [from, into] of [[client, node], [node, client]]) {
				wire.#open.add(from);
				from.on('error', () => into.destroy());
				from.on('close', () => wire.#open.delete(from) && into.destroy());
				from.pipe(into);
			}
		});
		await new Promise((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
		wire.url = `ws://127.0.0.1:${wire.server.address().port}`;
		return wire;
	}

	cut() {
		this.#cut = true;
		this.#open.forEach((socket) => socket.destroy());
	}

	mend() {
		this.#cut = false;
	}

	end() {
		this.cut();
		this.server.close();
	}
}
