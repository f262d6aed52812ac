const { globSync } = require('node:fs');
const { resolve } = require('node:path');
const { describe } = require('@jest/globals');

/**
 * All tests of an area as one file for jest, which loads the code anew for each file: for each change that would cost far more than the
 * tests themselves. `globals` in stryker.config.mjs names the files.
 */
const folder = resolve(__dirname, '..');
const { patterns } = globalThis.mutationTests;

for (const file of globSync(patterns, { cwd: folder }).toSorted()) {
  describe(file, () => {
    require(resolve(folder, file));
  });
}
