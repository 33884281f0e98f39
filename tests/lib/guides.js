// Runs the commands and programs of README.md and of docs/guides.

import fs from 'node:fs';
import path from 'node:path';
import { start } from './cli.js';
import { ASSAY, ROOT } from './paths.js';

const text = (page) => fs.readFileSync(path.join(ROOT, page), 'utf8');

async function run(page, program, args, options) {
	const { code, stdout, stderr } = await start(program, args, options).ended;
	if (code !== 0) {
		throw new Error(`${page} ended with ${code}: ${stdout}${stderr}`);
	}
	return stdout;
}

/** Runs a script of a page, from the folder that it names. */
export async function guideScript(page, name, argument, url) {
	const file = path.join(ROOT, 'tests', `.guide-${process.pid}-${name}`);
	const [, code] = text(page).match(new RegExp(`\`\`\`js\\n(// tests/${name}\\n[^]*?)\`\`\``));
	fs.writeFileSync(file, code);
	try {
		return await run(page, process.execPath, [file, argument], { env: { ...process.env, ASSAY_URL: url } });
	} finally {
		fs.rmSync(file);
	}
}

/** The commands under some headings of a page. */
export function commands(page, headings) {
	const sections = text(page).split(/^##+ /m).filter((section) => headings.some((heading) => section.startsWith(`${heading}\n`)));
	const blocks = sections.flatMap((section) => [...section.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block));
	return blocks.join('').split('\n').filter((line) => line !== '');
}

/** Writes the programs of a page into a folder: its blocks of code that begin with a comment that is a file's name. */
export function guideFiles(page, dir) {
	for (const [, name, code] of text(page).matchAll(/```[a-z]+\n(?:#|\/\/) (\S+\.\w+)\n([^]*?)```/g)) {
		fs.writeFileSync(path.join(dir, name), code);
	}
}

/**
 * Runs the commands under some headings of a page, those that `wanted` lets through, in a folder, as somebody new. `edit` changes the
 * script.
 */
export async function guideShell(page, headings, { url, dir, wanted = () => true, edit = (script) => script, env = {} }) {
	const home = { XDG_CONFIG_HOME: path.join(dir, 'config'), XDG_DATA_HOME: path.join(dir, 'data') };
	const place = { ASSAY_URL: url, ASSAY_YES: '1', PATH: `${path.dirname(ASSAY)}:${process.env.PATH}` };
	const script = edit(commands(page, headings).filter(wanted).join('\n'));
	return run(page, 'bash', ['-euc', script], { cwd: dir, env: { ...process.env, ...home, ...place, ...env } });
}
