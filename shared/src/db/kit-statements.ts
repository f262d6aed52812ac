import type { Changes, Claim, OutboxEntry } from '../pipeline/index.js';
import { arrayLiteral } from './array-literal.js';
import type { Answer, Statement } from './exchange.js';
import { outboxText } from './outbox-text.js';

export const BEGIN: Statement = { name: 'begin', text: 'begin' };
export const COMMIT: Statement = { name: 'commit', text: 'commit' };

/** One order for all, so that two replicas that claim the same events wait for each other instead of deadlocking. */
function inClaimOrder(claims: readonly Claim[]): Claim[] {
  return [...claims].sort((a, b) => {
    if (a.eventId !== b.eventId) return a.eventId < b.eventId ? -1 : 1;
    return a.step < b.step ? -1 : 1;
  });
}

function claimValues(claims: readonly Claim[]): string[] {
  const ordered = inClaimOrder(claims);
  return [arrayLiteral(ordered.map(({ eventId }) => eventId)), arrayLiteral(ordered.map(({ step }) => step))];
}

/**
 * Waits for a transaction that is making the same claim. Returns one row, as a row for each claim costs more than the claim: how many
 * were made now, and which.
 */
export function claim(claims: readonly Claim[]): Statement {
  const text = `with made as (
      insert into inbox (event_id, step) select * from unnest($1::uuid[], $2::text[]) on conflict do nothing returning event_id, step)
    select count(*)::int as count, string_agg(event_id || ' ' || step, ',') as claims from made`;
  return { name: 'claim', text, values: claimValues(claims) };
}

/** For each claim: was it made now? PostgreSQL writes UUIDs in lower case, whatever case they came in. */
export function whichClaimed(claims: readonly Claim[], answer: Answer | undefined): boolean[] {
  const made = answer?.rows[0];
  if (made?.count === claims.length) return claims.map(() => true);
  const keys = new Set(made?.claims?.split(','));
  return claims.map(({ eventId, step }) => keys.has(`${eventId.toLowerCase()} ${step}`));
}

export function withdraw(claims: readonly Claim[]): Statement {
  const text = `delete from inbox using unnest($1::uuid[], $2::text[]) as w(event_id, step)
    where inbox.event_id = w.event_id and inbox.step = w.step`;
  return { name: 'withdraw', text, values: claimValues(claims) };
}

/** No JSON holds this character unescaped (RFC 8259, section 7). */
const SEPARATOR = '\u0001';

/**
 * An event that is there already, because two steps consume it or because this service emitted it, stays as it was. The bodies
 * travel as one text, which PostgreSQL need only cut, neither parse nor unescape.
 */
export function insertHistory(history: Changes['history']): Statement {
  const text = `insert into event_history (subject, event_id, type, time, event)
    select * from rows from
      (unnest($1::text[]), unnest($2::uuid[]), unnest($3::text[]), unnest($4::timestamptz[]), string_to_table($5, chr(1)))
    on conflict do nothing`;
  const each = [...new Map(history.map((entry) => [entry.event.id, entry])).values()];
  const ordered = each.sort((a, b) => (a.event.id < b.event.id ? -1 : 1));
  const values = [
    arrayLiteral(ordered.map(({ event }) => event.subject)),
    arrayLiteral(ordered.map(({ event }) => event.id)),
    arrayLiteral(ordered.map(({ event }) => event.type)),
    arrayLiteral(ordered.map(({ event }) => event.time)),
    ordered.map(({ body }) => body).join(SEPARATOR),
  ];
  return { name: 'insert history', text, values };
}

export function insertOutbox({ id, events }: OutboxEntry): Statement {
  return { name: 'insert outbox', text: 'insert into outbox (id, events) values ($1, $2)', values: [id, outboxText(events)] };
}

export function deleteOutbox(ids: readonly string[]): Statement {
  return { name: 'delete outbox', text: 'delete from outbox where id = any($1::uuid[])', values: [arrayLiteral(ids)] };
}

export function updateOutbox({ id, events }: OutboxEntry): Statement {
  return { name: 'update outbox', text: 'update outbox set events = $2 where id = $1', values: [id, outboxText(events)] };
}

/** A second after the first attempt, two after the next, and so on up to a minute. */
export function postponeOutbox(ids: readonly string[]): Statement {
  const text = `update outbox set attempts = attempts + 1,
      next_attempt_at = now() + least(interval '1 minute', interval '1 second' * 2 ^ least(attempts, 6))
    where id = any($1::uuid[])`;
  return { name: 'postpone outbox', text, values: [arrayLiteral(ids)] };
}

/** Longer than it takes to publish what was taken, unless the broker is away; short enough for nobody to miss what a crash left. */
const LEASE = '5 seconds';
const PAGE_BYTES = 4_000_000;

/** At least one entry, however large. Whoever takes entries at the same time gets others. */
export function takeUnpublished(olderThanMs: number, limit: number): Statement {
  const text = `with due as materialized (
      select id, next_attempt_at, octet_length(events) as bytes from outbox
      where next_attempt_at <= now() and (attempts > 0 or created_at <= now() - $1::float8 * interval '1 millisecond')
      order by next_attempt_at limit $2 for update skip locked),
    page as (select id, bytes, sum(bytes) over (order by next_attempt_at, id) as bytes_up_to_here from due)
    update outbox set next_attempt_at = now() + interval '${LEASE}' from page
    where outbox.id = page.id and (bytes_up_to_here = bytes or bytes_up_to_here <= ${PAGE_BYTES})
    returning outbox.id, outbox.events`;
  return { name: 'take unpublished', text, values: [olderThanMs, limit] };
}
