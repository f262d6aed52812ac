import type { Claim, OutboxEntry, OutgoingEvent } from '../pipeline/index.js';
import { arrayLiteral } from './array-literal.js';
import { joinedBodies } from './event-texts.js';
import type { Answer, Statement } from './exchange.js';

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

/** Answers as `claim` does, for those that are committed. */
export function handledClaims(claims: readonly Claim[]): Statement {
  const text = `select count(*)::int as count, string_agg(event_id || ' ' || step, ',') as claims
    from unnest($1::uuid[], $2::text[]) as asked(event_id, step) join inbox using (event_id, step)`;
  return { name: 'handled claims', text, values: claimValues(claims) };
}

/** For each claim: was it made now, or found? PostgreSQL writes UUIDs in lower case, whatever case they came in. */
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

/** One row for each event, each written once. Positions grow in the order of the events. */
export function insertLog(events: readonly OutgoingEvent[]): Statement {
  const text = `insert into event_log (event_id, type, subject, correlation_id, time, final, event)
    select * from rows from (unnest($1::uuid[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]),
      unnest($5::timestamptz[]), unnest($6::boolean[]), string_to_table($7, chr(1)))`;
  const values = [
    arrayLiteral(events.map(({ event }) => event.id)),
    arrayLiteral(events.map(({ event }) => event.type)),
    arrayLiteral(events.map(({ event }) => event.subject)),
    arrayLiteral(events.map(({ event }) => event.correlationid)),
    arrayLiteral(events.map(({ event }) => event.time)),
    arrayLiteral(events.map(({ final }) => final)),
    joinedBodies(events),
  ];
  return { name: 'insert log', text, values };
}

const bytesOf = (events: readonly OutgoingEvent[]) => events.reduce((sum, { body }) => sum + body.length, 0);

/** Stands for all events that its transaction logs. */
export function insertOutbox({ id, events }: OutboxEntry): Statement {
  return { name: 'insert outbox', text: 'insert into outbox (id, bytes) values ($1, $2)', values: [id, bytesOf(events)] };
}

export function deleteOutbox(ids: readonly string[]): Statement {
  return { name: 'delete outbox', text: 'delete from outbox where id = any($1::uuid[])', values: [arrayLiteral(ids)] };
}

export function updateOutbox({ id, events }: OutboxEntry): Statement {
  const remaining = arrayLiteral(events.map(({ event }) => event.id));
  const text = 'update outbox set remaining = $2::uuid[], bytes = $3 where id = $1';
  return { name: 'update outbox', text, values: [id, remaining, bytesOf(events)] };
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
      select id, next_attempt_at, bytes from outbox
      where next_attempt_at <= now() and (attempts > 0 or created_at <= now() - $1::float8 * interval '1 millisecond')
      order by next_attempt_at limit $2 for update skip locked),
    page as (select id, bytes, sum(bytes) over (order by next_attempt_at, id) as bytes_up_to_here from due),
    taken as (
      update outbox set next_attempt_at = now() + interval '${LEASE}' from page
      where outbox.id = page.id and (bytes_up_to_here = page.bytes or bytes_up_to_here <= ${PAGE_BYTES})
      returning outbox.id, outbox.transaction_id, outbox.remaining)
    select taken.id, logged.events from taken cross join lateral (
      select string_agg(case when final then 'final ' else 'mandatory ' end || event, chr(10) order by position) as events
      from event_log where transaction_id = taken.transaction_id and (remaining is null or event_id = any(remaining))) as logged`;
  return { name: 'take unpublished', text, values: [olderThanMs, limit] };
}
