import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { requireChromium } from '../src/provision/chromium.js';

const directory = mkdtempSync(join(tmpdir(), 'quickstep-path-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('the Chromium that is named is taken, or the first on PATH', () => {
  const program = join(directory, 'google-chrome');
  writeFileSync(program, '');
  expect(requireChromium({ PATH: ['/nowhere', directory].join(delimiter) })).toBe(program);
  expect(requireChromium({ PATH: '', CHROMIUM: program })).toBe(program);
});

test('one that is named and is not there is not replaced by another', () => {
  expect(() => requireChromium({ PATH: directory, CHROMIUM: '/nowhere/chromium' })).toThrow(
    'CHROMIUM names /nowhere/chromium, which is not there',
  );
});
