import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { CloudEvent } from '@quickstep/shared/events';
import { Problem } from '../problem.js';
import { Duck } from './duckdb.js';
import { convert, type ExportFormat } from './event-file.js';

export interface Exported {
  readonly events: number;
  readonly bytes: number;
}

/**
 * Writes events into a file. Memory does not grow with them: they go to disk as JSON lines, of which DuckDB makes the other formats. The
 * file appears when it is whole; what was written until then goes when the export fails.
 *
 * @param wrote called after each page with the number of events so far
 * @throws Problem when there is such a file already, or no folder for it
 */
export async function exportEvents(
  pages: AsyncIterable<readonly CloudEvent[]>,
  { format, out }: { readonly format: ExportFormat; readonly out: string },
  wrote: (events: number) => void = () => undefined,
): Promise<Exported> {
  const target = resolve(out);
  if (existsSync(target)) throw new Problem(`${target} exists already: remove it, or name another file.`);
  const folder = await mkdtemp(join(dirname(target), `.${basename(target)}.partial-`)).catch(() => {
    throw new Problem(`Nothing can be written to ${dirname(target)}.`);
  });
  try {
    const lines = join(folder, 'events.jsonl');
    const events = await writeLines(pages, lines, wrote);
    const whole = format === 'jsonl' ? lines : join(folder, `events.${format}`);
    if (format !== 'jsonl') await converted(folder, convert(lines, whole, format));
    // DuckDB makes files that everybody may read, and events have names and addresses in them.
    await chmod(whole, 0o600);
    await rename(whole, target);
    return { events, bytes: (await stat(target)).size };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeLines(
  pages: AsyncIterable<readonly CloudEvent[]>,
  file: string,
  wrote: (events: number) => void,
): Promise<number> {
  const stream = createWriteStream(file, { mode: 0o600 });
  const done = finished(stream);
  // Awaited below; a failure before that is no unhandled rejection.
  done.catch(() => undefined);
  let events = 0;
  try {
    for await (const page of pages) {
      if (!stream.write(page.map((each) => `${JSON.stringify(each)}\n`).join('')))
        await Promise.race([once(stream, 'drain'), done]);
      events += page.length;
      wrote(events);
    }
  } finally {
    stream.end();
  }
  await done;
  return events;
}

async function converted(folder: string, statement: string): Promise<void> {
  const duck = await Duck.open(folder);
  try {
    await duck.run(statement);
  } finally {
    duck.close();
  }
}
