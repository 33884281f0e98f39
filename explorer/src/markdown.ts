// Markdown of strangers as HTML that runs nothing and asks nobody for anything.

import DOMPurify from 'dompurify';
import { Marked } from 'marked';

/** The elements that a card may have: text, and links that the reader follows. */
const ALLOWED = [
	'a', 'b', 'blockquote', 'br', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'li', 'ol', 'p', 'pre', 'strong', 'table',
	'tbody', 'td', 'th', 'thead', 'tr', 'ul',
];

/** Markdown without HTML of its author's: tags go, and an image is what it says in place of itself. */
const markdown = new Marked({ async: false, gfm: true, renderer: { html: () => '', image: ({ text }) => escaped(text) } });

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** HTML of a text. */
export function toHtml(text: string): string {
	const fragment = DOMPurify.sanitize(markdown.parse(text, { async: false }), {
		ALLOWED_TAGS: ALLOWED,
		ALLOWED_ATTR: ['href'],
		ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
		RETURN_DOM_FRAGMENT: true,
	});
	for (const link of fragment.querySelectorAll('a')) {
		link.rel = 'noopener noreferrer nofollow';
		link.target = '_blank';
	}
	const holder = document.createElement('div');
	holder.append(fragment);
	return holder.innerHTML.trim();
}
