// Markdown of strangers as HTML that runs nothing and asks nobody for anything.

import DOMPurify from 'dompurify';
import { marked } from 'marked';

/** What a card may consist of: text, and links that the reader follows. */
const ALLOWED = [
	'a', 'b', 'blockquote', 'br', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'li', 'ol', 'p', 'pre', 'strong', 'table',
	'tbody', 'td', 'th', 'thead', 'tr', 'ul',
];

/** HTML of a text. */
export function toHtml(markdown: string): string {
	const html = marked.parse(markdown, { async: false, gfm: true });
	const fragment = DOMPurify.sanitize(html, {
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
