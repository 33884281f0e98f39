// Runs the commands of README.md.

import fs from 'node:fs';
import path from 'node:path';
import { start } from './cli.js';
import { ASSAY, ROOT } from './paths.js';

const text = () => fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');

async function run(program, args, options) {
	const { code, stdout, stderr } = await start(program, args, options).ended;
	if (code !== 0) {
		throw new Error(`${program} ${args[0]} of the README ended with ${code}: ${stdout}${stderr}`);
	}
	return stdout;
}

/** Runs a script of it, from the folder that it names. */
export async function readmeScript(name, argument, url) {
	const [, code] = text().match(new RegExp(`\`\`\`js\\n(// tests/${name}\\n[^]*?)\`\`\``));
	const file = path.join(ROOT, 'tests', `.readme-${process.pid}-${name}`);
	fs.writeFileSync(file, code);
	try {
		return await run(process.execPath, [file, argument], { env: { ...process.env, ASSAY_URL: url } });
	} finally {
		fs.rmSync(file);
	}
}

/** Runs the lines of the shell that are under some headings, and that `wanted` lets through, in a folder, as somebody new. */
export async function readmeShell(headings, { url, dir, wanted = () => true, env = {} }) {
	const sections = text().split(/^##+ /m).filter((section) => headings.some((heading) => section.startsWith(`${heading}\n`)));
	const blocks = sections.flatMap((section) => [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block));
	const lines = blocks.join('').split('\n').filter(wanted);
	const home = { XDG_CONFIG_HOME: path.join(dir, 'config'), XDG_DATA_HOME: path.join(dir, 'data') };
	const place = { ASSAY_URL: url, ASSAY_YES: '1', PATH: `${path.dirname(ASSAY)}:${process.env.PATH}` };
	return run('bash', ['-euc', lines.join('\n')], { cwd: dir, env: { ...process.env, ...home, ...place, ...env } });
}
