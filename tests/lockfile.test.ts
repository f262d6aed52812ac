import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface Entry {
  readonly version?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
}

/** What is installed from a registry; the rest are the workspaces. */
function packagesOf(file: string): [string, Entry][] {
  const { packages }: { packages: Record<string, Entry> } = JSON.parse(readFileSync(join(__dirname, '..', file), 'utf8'));
  return Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
}

test.each(['package-lock.json', 'tools/node/package-lock.json'])('%s has the hash of every package, and no address', (file) => {
  const packages = packagesOf(file);
  expect(packages.length).toBeGreaterThan(0);
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});
