// Proxies between a client and a node: one that lies, one that counts.

import net from 'node:net';
import { hexToU8a, u8aToHex } from '@polkadot/util';
import { WebSocket, WebSocketServer } from 'ws';

/**
 * A node that lies: a WebSocket in front of an honest one. `ask(method, params)` may change what the client asks for, by giving other
 * parameters; `tell(text, method)` may change what the node answers, by giving another text. Notifications have no method. With neither it
 * only counts.
 */
export class LyingNode {
	static async start(url, { ask = (_, params) => params, tell = (text) => text } = {}) {
		const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
		await new Promise((resolve) => server.once('listening', resolve));
		const bytes = { up: 0, down: 0 };
		server.on('connection', (client) => {
			const node = new WebSocket(url, { maxPayload: 2 ** 28 });
			const methods = new Map();
			const waiting = [];
			client.on('message', (data) => {
				bytes.up += data.length;
				const message = JSON.parse(data);
				methods.set(message.id, message.method);
				const text = JSON.stringify({ ...message, params: ask(message.method, message.params) });
				node.readyState === WebSocket.OPEN ? node.send(text) : waiting.push(text);
			});
			node.on('open', () => waiting.splice(0).forEach((text) => node.send(text)));
			node.on('message', (data) => {
				bytes.down += data.length;
				const text = data.toString();
				const { id } = JSON.parse(text);
				client.send(tell(text, methods.get(id)));
			});
			const end = () => [client, node].forEach((socket) => socket.terminate());
			[client, node].forEach((socket) => socket.on('close', end).on('error', end));
		});
		return new LyingNode(server, bytes);
	}

	constructor(server, bytes) {
		this.server = server;
		/** Bytes of all messages, before any lie. */
		this.bytes = bytes;
		this.url = `ws://127.0.0.1:${server.address().port}`;
	}

	/** Cuts every connection that there is; new ones are taken. */
	cut() {
		this.server.clients.forEach((client) => client.terminate());
	}

	end() {
		this.server.clients.forEach((client) => client.terminate());
		this.server.close();
	}
}

/** Changes the receipts that a node builds. */
export const receiptsBecome = (change) => ({
	tell(text, method) {
		const message = JSON.parse(text);
		if (method !== 'receipts_build' || !message.result) {
			return text;
		}
		return JSON.stringify({ ...message, result: u8aToHex(change(hexToU8a(message.result))) });
	},
});

/** Flips a bit of a byte; a negative offset counts from the end. */
export function flipped(bytes, offset) {
	const changed = bytes.slice();
	changed[offset < 0 ? bytes.length + offset : offset] ^= 1;
	return changed;
}

/** Counts the bytes that go through a TCP connection to a port, both ways. */
export class Counter {
	bytes = { up: 0, down: 0 };

	static async start(port) {
		const counter = new Counter();
		counter.sockets = new Set();
		counter.server = net.createServer((client) => {
			const node = net.connect(port, '127.0.0.1');
			client.on('data', (data) => (counter.bytes.up += data.length));
			node.on('data', (data) => (counter.bytes.down += data.length));
			client.pipe(node).pipe(client);
			for (const socket of [client, node]) {
				counter.sockets.add(socket);
				socket.on('error', () => [client, node].forEach((other) => other.destroy()));
				socket.on('close', () => counter.sockets.delete(socket));
			}
		});
		await new Promise((resolve) => counter.server.listen(0, '127.0.0.1', resolve));
		counter.port = counter.server.address().port;
		return counter;
	}

	end() {
		this.sockets.forEach((socket) => socket.destroy());
		this.server.close();
	}
}
