import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(__dirname, '..');
const inFolder = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const pages = [...inFolder('.'), ...inFolder('docs'), ...inFolder('docs/adr'), ...inFolder('docs/performance')];

const read = (page: string) => readFileSync(join(root, page), 'utf8');

/** As GitHub makes them of headings. */
const anchorsIn = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Links of a page to files of the repository that are not there, or to headings that the file does not have. */
function broken(page: string): string[] {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && statSync(join(root, file)).isFile() && !anchorsIn(read(file)).includes(anchor);
  });
}

test.each(pages)('every link of %s leads somewhere', (page) => expect(broken(page)).toEqual([]));

test('the index names every document', () => {
  const index = read('docs/README.md');
  const missing = inFolder('docs').filter(
    (page) => page !== 'docs/README.md' && !index.includes(`(${page.slice('docs/'.length)})`),
  );
  expect(missing).toEqual([]);
});

test('the index of decisions names every decision by its title', () => {
  const index = read('docs/adr/README.md');
  const titled = inFolder('docs/adr').filter((page) => page !== 'docs/adr/README.md');
  const entries = titled.map((page) => [read(page).split('\n', 1)[0] ?? '', page.slice('docs/adr/'.length)] as const);
  expect(entries.filter(([title, file]) => !index.includes(`[${title.replace(/^# \d+\. /, '')}](${file})`))).toEqual([]);
});
