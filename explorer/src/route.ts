// The reader's place in the explorer: the part of the address behind `#`, so that any static host will do.

import { signal } from '@preact/signals';

export interface Route {
	/** Parts of the path, without the empty first one. */
	path: string[];
	parameters: URLSearchParams;
}

function parse(hash: string): Route {
	const [path = '', parameters = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
	return { path: path.split('/').filter(Boolean).map(decode), parameters: new URLSearchParams(parameters) };
}

function decode(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

export const route = signal<Route>(parse(location.hash));
addEventListener('hashchange', () => {
	route.value = parse(location.hash);
	scrollTo(0, 0);
	// The link that was followed may be gone. The next key goes on within the page that it led to.
	document.getElementById('main')?.focus({ preventScroll: true });
});

/** Address of a model's page. */
export const modelLink = (reference: string) => `#/model/${encodeURIComponent(reference)}`;

/** Address of a validator's page. */
export const validatorLink = (address: string) => `#/validator/${address}`;

/** The route that a text in the search leads to: a request, a model's name, an account; a number or a hash may be several things. */
export function find(text: string): string {
	const sought = text.trim();
	if (/^#\d+$/.test(sought)) {
		return `#/request/${sought.replace('#', '')}`;
	}
	if (/^(\d+|0x[0-9a-fA-F]{64})$/.test(sought)) {
		return `#/find/${sought.toLowerCase()}`;
	}
	if (/^[1-9A-HJ-NP-Za-km-z]{46,49}$/.test(sought)) {
		return `#/account/${sought}`;
	}
	return `#/models?find=${encodeURIComponent(sought)}`;
}
