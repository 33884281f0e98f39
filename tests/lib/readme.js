// Runs the commands and programs of pages: README.md, and the guides.

import fs from 'node:fs';
import path from 'node:path';
import { start } from './cli.js';
import { ASSAY, ROOT } from './paths.js';

const text = (page) => fs.readFileSync(path.join(ROOT, page), 'utf8');

async function run(program, args, options) {
	const { code, stdout, stderr } = await start(program, args, options).ended;
	if (code !== 0) {
		throw new Error(`${program} ${args[0]} of the page ended with ${code}: ${stdout}${stderr}`);
	}
	return stdout;
}

/** Runs a script of it, from the folder that it names. */
export async function readmeScript(name, argument, url) {
	const [, code] = text('README.md').match(new RegExp(`\`\`\`js\\n(// tests/${name}\\n[^]*?)\`\`\``));
	const file = path.join(ROOT, 'tests', `.readme-${process.pid}-${name}`);
	fs.writeFileSync(file, code);
	try {
		return await run(process.execPath, [file, argument], { env: { ...process.env, ASSAY_URL: url } });
	} finally {
		fs.rmSync(file);
	}
}

/** Runs the lines of the shell that are under some headings of README.md. */
export const readmeShell = (headings, options) => pageShell('README.md', headings, options);

/**
 * Runs the lines of the shell that are under some headings of a page, and that `wanted` lets through, in a folder, as somebody new. `edit`
 * changes the script.
 */
export async function pageShell(page, headings, { url, dir, wanted = () => true, edit = (script) => script, env = {} }) {
	const sections = text(page).split(/^##+ /m).filter((section) => headings.some((heading) => section.startsWith(`${heading}\n`)));
	const blocks = sections.flatMap((section) => [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block));
	const lines = blocks.join('').split('\n').filter(wanted);
	const home = { XDG_CONFIG_HOME: path.join(dir, 'config'), XDG_DATA_HOME: path.join(dir, 'data') };
	const place = { ASSAY_URL: url, ASSAY_YES: '1', PATH: `${path.dirname(ASSAY)}:${process.env.PATH}` };
	return run('bash', ['-euc', edit(lines.join('\n'))], { cwd: dir, env: { ...process.env, ...home, ...place, ...env } });
}

/** Writes the programs of a page into a folder: its blocks of code that begin with a comment that is a file's name. */
export function pageFiles(page, dir) {
	for (const [, name, code] of text(page).matchAll(/```[a-z]+\n(?:#|\/\/) (\S+\.\w+)\n([^]*?)```/g)) {
		fs.writeFileSync(path.join(dir, name), code);
	}
}
