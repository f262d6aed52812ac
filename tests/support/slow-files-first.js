const { existsSync } = require('node:fs');
const { join, relative } = require('node:path');
/** The test runner's own, a part of it. */
const { default: Sequencer } = require('@jest/test-sequencer');

/** What takes longest, the longest first: begun near the end, one of them would keep one worker busy while the others have nothing left to do. */
const slow = [
  'tests/simulation/schedules.test.ts',
  'tests/observability.test.ts',
  'tests/operations/archive-restarts.test.ts',
  'tests/console/troubles.test.ts',
  'tools/test/provision.test.ts',
  'tests/simulation/worlds.test.ts',
  'tests/console/views.test.ts',
  'tests/chaos.test.ts',
  'tests/faults/stopped-services.test.ts',
  'tests/console/acts.test.ts',
  'tests/console/session.test.ts',
  'tests/adding-a-service.test.ts',
  'tests/layout.test.ts',
  'shared/test/messaging/connection.test.ts',
  'tests/faults/lost-queue.test.ts',
  'tests/faults/killed-services.test.ts',
  'tests/operations/projections.test.ts',
  'tests/rights/endings.test.ts',
  'tests/operations/dead-letters.test.ts',
  'tests/console/questions.test.ts',
  'tests/operations/large-archive.test.ts',
  'tests/contracts/gate.test.ts',
  'tests/rights/setup.test.ts',
  'tests/simulation/mutations.test.ts',
  'tests/simulation/runs.test.ts',
];

/** On a machine that has not run the tests before the runner knows nothing but the sizes of the files, which say little. */
module.exports = class SlowFilesFirst extends Sequencer {
  sort(tests) {
    const [root] = tests.map(({ context }) => context.config.rootDir);
    const gone = slow.filter((file) => root !== undefined && !existsSync(join(root, file)));
    if (gone.length > 0) throw new Error(`slow-files-first.js names files that are not there: ${gone.join(', ')}`);
    const rank = ({ path, context }) => {
      const index = slow.indexOf(relative(context.config.rootDir, path).replaceAll('\\', '/'));
      return index < 0 ? slow.length : index;
    };
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other));
  }
};
