import { joinedWith, type Path, type WindowDeclaration } from '@quickstep/operations-service/analytics';
import { quoted } from './duckdb.js';

const SECOND = 1_000;

const list = (types: readonly { readonly type: string }[]) => types.map(({ type }) => quoted(type)).join(', ');

function text(path: Path): string {
  if (path === 'subject') return 'subject';
  const [where, property = ''] = path.split('.');
  return `json_extract_string(${where === 'data' ? 'data' : 'item'}, ${quoted(`$.${property}`)})`;
}

function keyOf({ key }: WindowDeclaration): string {
  if (key === undefined) return "''";
  return typeof key === 'string' ? text(key) : 'joined.key';
}

function measured({ measure }: WindowDeclaration): string {
  if (measure.kind === 'sum') return `${text(measure.of)}::bigint`;
  if (measure.kind === 'milliseconds') return 'chosen.moment - joined.moment';
  return measure.kind === 'share' ? `(type in (${list(measure.of)}))::int` : '1';
}

/**
 * The batch answer to what a window says of the stream: the same numbers, by another program, from the declaration and all events at once.
 *
 * @param events for a `from` clause, with the columns of an export
 */
export function windowQuery(declared: WindowDeclaration, events: string): string {
  const { types, each, key, window } = declared;
  const { seconds, every = seconds } = window;
  const step = every * SECOND;
  const left = joinedWith(declared);
  const leftKey = typeof key === 'object' ? text(key.path) : "''";
  const joined =
    left === undefined
      ? ''
      : `join (select subject, min(epoch_ms(time)) as moment, arg_min(${leftKey}, time) as key from ${events}
          where type = ${quoted(left.type)} group by subject) as joined using (subject)`;
  const items = each === undefined ? '' : `, unnest(json_extract(data, ${quoted(`$.${each}[*]`)})) as item`;
  return `
    with chosen as (select subject, type, data, epoch_ms(time) as moment${items} from ${events} where type in (${list(types)})),
      observed as (select chosen.moment as moment, ${keyOf(declared)} as key, ${measured(declared)} as value from chosen ${joined}),
      placed as (select (moment // ${step} - range) * ${step} as start, key, value from observed, range(${seconds / every}))
    select start::double as start, key, count(*)::double as count, sum(value)::double as sum, min(value)::double as least,
      max(value)::double as most from placed group by start, key order by start, key`;
}
