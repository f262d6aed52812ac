import { describeDrift, driftIn, writeDocuments } from './documents/generated-files.js';
import { root } from './paths.js';
import { Problem } from './problem.js';
import { command } from './run.js';

/** Writes the generated documents; with `--check` only says which of them have drifted. */
export const main = command(async (args) => {
  const unknown = args.filter((each) => each !== '--check');
  if (unknown.length > 0) throw new Problem(`There is no option ${unknown.join(' ')}; npm run docs -- [--check]`);
  if (args.includes('--check')) {
    const drift = await driftIn(root);
    if (drift.length > 0) throw new Problem(describeDrift(drift));
    process.stdout.write('The generated documents say what the declarations say.\n');
    return 0;
  }
  const written = await writeDocuments(root);
  process.stdout.write(written.length === 0 ? 'Nothing to write.\n' : `${written.map(({ file }) => file).join('\n')}\n`);
  return 0;
});
