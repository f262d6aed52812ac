import { emittedBy } from '@quickstep/shared/choreography';
import { bigint, table, text, textKey } from '@quickstep/shared/rows';
import { choreographies } from '@quickstep/system';
import { projection } from '../projections/index.js';

const MINUTE_MS = 60_000;
/** Minutes that are kept, of each type: two days. The map asks for one day at most. */
const KEPT = 2_880;

/** How many events of a type a service has emitted in a minute, by the events' time. */
export const Flow = table('flow', {
  /** `<minute modulo KEPT> <service> <type>`: a minute takes the place of the one two days before, so that there are never more rows. */
  key: textKey(),
  /** Minutes since 1970. */
  minute: bigint(0),
  service: text(''),
  type: text(''),
  events: bigint(0),
});

export const minuteOf = (time: Date) => Math.floor(time.getTime() / MINUTE_MS);
const serviceOf = (source: string) => (source.startsWith('/') ? source.slice(1) : source);

/** What the map shows. */
export const flow = projection({
  name: 'flow',
  version: 2,
  tables: [{ table: Flow, indices: ['(minute)'] }],
  observes: [...new Set(choreographies.flatMap(emittedBy))],
  rows: ({ source, type }, time) => ({ flow: Flow.fresh(`${minuteOf(time) % KEPT} ${serviceOf(source)} ${type}`) }),
  apply({ source, type }, { flow: row }, time) {
    const minute = minuteOf(time);
    // Of a minute whose place has been taken since.
    if (minute < row.minute) return;
    if (minute > row.minute) row.events = 0;
    row.minute = minute;
    row.service = serviceOf(source);
    row.type = type;
    row.events += 1;
  },
});
