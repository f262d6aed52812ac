import { readArguments } from '../arguments.js';
import { Problem } from '../problem.js';
import type { OpsCommand } from './command.js';

interface Replayed {
  readonly found: number;
  readonly handled: number;
  readonly older: number;
  readonly sent: number;
}

export const replayCommand: OpsCommand = {
  name: 'replay',
  summary: "sends events of the archive to one service's queue again; its inbox decides",
  usage: `--to SERVICE [--from TIME] [--until TIME] [--type T,T] [--order ID] [--dry-run] [--again] [--older] [--reason TEXT]

  --dry-run       counts, and sends nothing
  --again         under new ids, so that it is done again; only where the service declares that it may be
  --older         also what is older than the service remembers (INBOX_RETENTION_DAYS): if it has handled it, it does all
                  of its work again: sends mails, charges cards`,
  async run(args, { client, print }) {
    const { values } = readArguments(args, {
      to: { type: 'string' },
      from: { type: 'string' },
      until: { type: 'string' },
      type: { type: 'string' },
      order: { type: 'string' },
      reason: { type: 'string' },
      again: { type: 'boolean', default: false },
      older: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    });
    const { 'dry-run': dryRun, ...rest } = values;
    if (rest.to === undefined) throw new Problem('Name the service: --to notification-service.');
    const body = { ...rest, dryRun };
    const { found, handled, older, sent } = await client().json<Replayed>('POST', '/replays', body);
    print(`${found} events, of which ${rest.to} has handled ${handled}; ${dryRun ? 'nothing was sent' : `${sent} were sent`}`);
    if (older > 0)
      print(
        `${older} are older than ${rest.to} remembers what it has handled: ${rest.older ? 'it does them again' : 'they are not sent without --older'}`,
      );
    return 0;
  },
};
