import { element, escaped } from '../svg.js';

export { element, escaped };

/** Markup that is finished: no text of ours is put into a page without `escaped`. */
type Markup = string;

export const tag = (name: string, content: Markup, attributes: Readonly<Record<string, string>> = {}): Markup =>
  element(name, attributes, content === '' ? ' ' : content);

export const codeOf = (text: string): Markup => tag('code', escaped(text));

/** A table that scrolls by itself where the screen is narrow. */
export function table(head: readonly string[], rows: readonly (readonly Markup[])[]): Markup {
  if (rows.length === 0) return '';
  const heads = tag('tr', head.map((each) => tag('th', escaped(each), { scope: 'col' })).join(''));
  const lines = rows.map((cells) => tag('tr', cells.map((each) => tag('td', each)).join('')));
  return tag('div', tag('table', tag('thead', heads) + tag('tbody', lines.join(''))), { class: 'scroll', tabindex: '0' });
}

/** Something that is opened by who wants to know. Its id stands within: browsers open what holds the target of a link. */
export function details(id: string, summary: Markup, content: Markup, open = false): Markup {
  return tag('details', tag('summary', summary) + tag('div', content, { class: 'inside', id }), open ? { open: '' } : {});
}

export const serviceChip = (name: string): Markup =>
  tag('a', escaped(name), { class: 'chip', href: `#service-${name}`, style: `--c:var(--${name})` });

export const eventLink = (type: string): Markup => tag('a', codeOf(type), { href: `#event-${type}` });
