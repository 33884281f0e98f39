// A client of the Model Context Protocol that speaks JSON-RPC over a program's standard input and output, and knows nothing else.

import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';

export class McpClient {
	/** Starts a program and opens a session. `options` are those of `spawn`. */
	static async start(program, args, options) {
		const client = new McpClient(spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options }));
		const clientInfo = { name: 'tests', version: '1' };
		client.server = await client.ask('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
		client.send({ method: 'notifications/initialized' });
		return client;
	}

	constructor(child) {
		this.child = child;
		this.next = 1;
		this.waiting = new Map();
		/** Notifications of the server, in their order. */
		this.told = [];
		this.stderr = '';
		child.stderr.on('data', (data) => (this.stderr += data));
		createInterface({ input: child.stdout }).on('line', (line) => this.take(JSON.parse(line)));
		this.ended = new Promise((resolve) => child.once('close', resolve));
		this.ended.then((code) => {
			const gone = new Error(`the server ended with ${code}: ${this.stderr}`);
			this.waiting.forEach(({ reject }) => reject(gone));
			this.waiting.clear();
		});
	}

	take(message) {
		if (message.id === undefined) {
			this.told.push(message);
			return;
		}
		const { resolve, reject } = this.waiting.get(message.id);
		this.waiting.delete(message.id);
		message.error ? reject(Object.assign(new Error(message.error.message), message.error)) : resolve(message.result);
	}

	send(message) {
		this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
	}

	/** The result of a request, or its error thrown. */
	ask(method, params = {}) {
		const id = this.next++;
		return new Promise((resolve, reject) => {
			this.waiting.set(id, { resolve, reject });
			this.send({ id, method, params });
		});
	}

	/** The structured content of a tool's answer, and whether it is an error. The text beside it has to say the same. */
	async call(name, args = {}, _meta = undefined) {
		const { structuredContent, content, isError } = await this.ask('tools/call', { name, arguments: args, _meta });
		if (JSON.stringify(JSON.parse(content[0].text)) !== JSON.stringify(structuredContent)) {
			throw new Error(`the text of ${name} is not its structure: ${content[0].text}`);
		}
		return { ...structuredContent, isError: isError ?? false, links: content.slice(1).map(({ uri }) => uri) };
	}

	/** Closes the session, and returns the exit code. */
	end() {
		this.child.stdin.end();
		return this.ended;
	}
}
