import { readFileSync } from 'node:fs';
import jest from './jest.config.js';

/** What is mutated together, by the tests that must notice it. `npm run mutation -- <area>`; the tests of some need servers. */
const areas = {
  pipeline: { mutate: ['shared/src/pipeline/**/*.ts'], tests: ['shared/test/pipeline'] },
  // Each is reached by the tests of its own service only: loading those of all services for each change would cost more.
  steps: {
    mutate: ['*-service/src/steps/*.ts'],
    tests: ['*-service/test/steps.test.ts', '*-service/test/steps/*.test.ts'],
    apart: true,
  },
  choreography: {
    mutate: ['shared/src/{choreography,rows}/*.ts'],
    tests: ['shared/test/{choreography,rows,pipeline}'],
  },
  db: { mutate: ['shared/src/db/*.ts'], tests: ['shared/test/db'] },
  messaging: { mutate: ['shared/src/messaging/*.ts'], tests: ['shared/test/messaging'] },
};

const name = process.env.MUTATION_AREA ?? 'pipeline';
const area = areas[name];
if (area === undefined) throw new Error(`There is no area "${name}": there are ${Object.keys(areas).join(', ')}`);

const tests = area.tests.map((each) => (each.endsWith('.ts') ? each : `${each}/**/*.test.ts`));

/**
 * Stryker works on a copy whose `node_modules` lead back to the original: without this, tests would import the packages of this
 * repository from there, unmutated.
 */
function packagesOfTheCopy() {
  const mapped = {};
  for (const folder of [
    'shared',
    'simulated-providers',
    'system',
    ...['order', 'inventory', 'payment', 'shipping', 'notification', 'operations'].map((each) => `${each}-service`),
  ]) {
    const { name: packageName, exports } = JSON.parse(readFileSync(new URL(`${folder}/package.json`, import.meta.url), 'utf8'));
    for (const [path, { source }] of Object.entries(exports))
      mapped[`^${packageName}${path.slice(1)}$`] = `<rootDir>/${folder}/${source.slice(2)}`;
  }
  return mapped;
}

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner', './tools/mutation-sample.mjs'],
  mutate: [...area.mutate, '!**/index.ts'],
  ignorers: ['sample'],
  // What a mutant changes in a reason that people read is not worth a test; a step's outcome and an event's type are, and the compiler
  // and the pipeline hold them to the declaration.
  mutator: { excludedMutations: ['StringLiteral'] },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  jest: {
    projectType: 'custom',
    enableFindRelatedTests: false,
    config: {
      ...jest,
      testMatch: area.apart ? tests.map((each) => `<rootDir>/${each}`) : ['<rootDir>/tools/mutation-tests.cjs'],
      globals: { mutationTests: { patterns: tests } },
      moduleNameMapper: { ...packagesOfTheCopy(), ...jest.moduleNameMapper },
      modulePathIgnorePatterns: ['/dist/'],
      maxWorkers: 1,
    },
  },
  ignorePatterns: ['.quickstep', 'dist', 'docs', 'coverage', 'docker'],
  // Stryker would rewrite it with the compiler's old API, which TypeScript 7 no longer has; nothing here reads it.
  tsconfigFile: 'none',
  tempDirName: '.quickstep/mutation/copy',
  incrementalFile: `.quickstep/mutation/${name}.json`,
  // Each result at once: a run that is cut off leaves what it has found.
  eventReporter: { baseDir: `.quickstep/mutation/${name}` },
  htmlReporter: { fileName: `.quickstep/mutation/${name}.html` },
  jsonReporter: { fileName: `.quickstep/mutation/${name}.report.json` },
  reporters: ['event-recorder', 'progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 1),
  timeoutMS: 20_000,
  thresholds: { high: 95, low: 90, break: null },
  allowEmpty: true,
};
