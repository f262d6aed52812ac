import { readArguments } from '../arguments.js';
import type { ExportFormat } from '../batch/event-file.js';
import { exportEvents } from '../batch/export-events.js';
import { Problem } from '../problem.js';
import { createProgress } from '../progress.js';
import type { OpsCommand } from './command.js';
import { eventPages } from './event-pages.js';
import { checkTypes } from './known-types.js';

const formats: readonly ExportFormat[] = ['parquet', 'csv', 'jsonl'];

function formatOf(given: string | undefined): ExportFormat {
  const format = formats.find((each) => each === given);
  if (format === undefined) throw new Problem(`--format must be one of ${formats.join(', ')}`);
  return format;
}

export const exportCommand: OpsCommand = {
  name: 'export',
  summary: "writes the archive's events into a file",
  usage: `--format parquet|csv|jsonl --out FILE [--from TIME] [--to TIME] [--type TYPES]

  --format    parquet and csv have a row for each event, with its data as JSON; jsonl has the events as they were published
  --out       the file, which must not exist yet; it appears when it is whole
  --from      events of this time and later (RFC 3339)
  --to        events before this time
  --type      types of events, separated by commas

The latest arrival comes first. What arrives while it runs is left out.`,
  async run(args, { client, print }) {
    const { values } = readArguments(args, {
      format: { type: 'string' },
      out: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      type: { type: 'string' },
    });
    const { out, from, to, type } = values;
    const format = formatOf(values.format);
    if (out === undefined) throw new Problem('--out must name the file to write');
    const operations = client();
    if (type !== undefined) await checkTypes(operations, type);
    const pages = eventPages(operations, { from, to, type });
    const { events, bytes } = await createProgress(process.stderr).step('events', (note) =>
      exportEvents(pages, { format, out }, (so) => note(`${so} events`)),
    );
    print(`${events === 0 ? 'Nothing matched: 0' : events} events, ${bytes} bytes: ${out}`);
    return 0;
  },
};
