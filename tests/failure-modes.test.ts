import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(__dirname, '..');
const rows = readFileSync(join(root, 'docs/failure-modes.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what fails'))
  .map((line) => line.slice(2, -2).split(' | '));

test('the table has rows', () => expect(rows.length).toBeGreaterThan(5));

test.each(rows.map((row) => [row[0] ?? '', row.at(-1) ?? '', row.length] as const))(
  '%s: the test that its row names exists',
  (_what, named, columns) => {
    expect(columns).toBe(5);
    const [, file = '', title = ''] = /^`([^`]+)`: (.+)$/.exec(named) ?? [];
    expect(existsSync(join(root, file))).toBe(true);
    const text = readFileSync(join(root, file), 'utf8').replaceAll("\\'", "'");
    expect(['"', "'", '`'].some((quote) => text.includes(`${quote}${title}${quote}`))).toBe(true);
  },
);
