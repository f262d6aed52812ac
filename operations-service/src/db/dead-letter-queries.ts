import type { EntityManager } from 'typeorm';
import { type LetterFacts, storable } from '../dead-letters/letter.js';
import type { ParkedCopy } from '../dead-letters/processing.js';
import { BYTES_AT_ONCE } from './dead-letter-bytes.js';
import type { LetterState } from './dead-letter-index.js';

type Queries = Pick<EntityManager, 'query'>;

/** Which dead letters are meant. Without `state`: those that wait for an operator. */
export interface LetterFilter {
  readonly service?: string;
  readonly step?: string;
  readonly type?: string;
  readonly group?: string;
  readonly errorClass?: string;
  readonly order?: string;
  /** RFC 3339. */
  readonly parkedBefore?: string;
  readonly parkedAfter?: string;
  readonly state?: LetterState;
  readonly ids?: readonly string[];
}

const WHERE = `
  ($1::text is null or service = $1) and ($2::text is null or $2 = any(string_to_array(step, '+'))) and ($3::text is null or type = $3)
  and ($4::text is null or group_id = $4) and ($5::text is null or error_class = $5)
  and ($6::text is null or subject = $6 or correlation_id = $6)
  and ($7::timestamptz is null or parked_at < $7) and ($8::timestamptz is null or parked_at > $8)
  and (case when $9::text is null then state in ('parked', 'planned') else state = $9 end)
  and ($10::uuid[] is null or id = any($10))`;

function valuesOf({ service, step, type, group, errorClass, order, parkedBefore, parkedAfter, state, ids }: LetterFilter) {
  return [service, step, type, group, errorClass, order, parkedBefore, parkedAfter, state, ids].map((each) => each ?? null);
}

export interface LetterRow {
  readonly id: string;
  readonly service: string;
  readonly step: string | null;
  readonly outcome: string | null;
  readonly type: string;
  readonly group: string;
  readonly errorClass: string;
  readonly reason: string;
  readonly frame: string | null;
  readonly attempts: number;
  readonly firstFailedAt: Date;
  readonly parkedAt: Date;
  readonly eventId: string | null;
  readonly subject: string | null;
  readonly state: LetterState;
  readonly edited: boolean;
  readonly redriven: boolean;
  /** When its body and what it was changed to were deleted, some time after it had been dealt with. */
  readonly bodyGoneSince: Date | null;
}

const LETTER = `id, service, step, outcome, type, group_id as "group", error_class as "errorClass", reason, frame, attempts,
  first_failed_at as "firstFailedAt", parked_at as "parkedAt", event_id as "eventId", subject, state, edited is not null as edited,
  redrive is not null as redriven, emptied_at as "bodyGoneSince"`;

/** A place in the list: the latest parked comes first. */
export interface LetterPlace {
  readonly parkedAt: string;
  readonly id: string;
}

export function listLetters(
  queries: Queries,
  filter: LetterFilter,
  after: LetterPlace | undefined,
  limit: number,
): Promise<LetterRow[]> {
  return queries.query(
    `select ${LETTER} from dead_letters where ${WHERE} and ($11::timestamptz is null or (parked_at, id) < ($11, $12::uuid))
    order by parked_at desc, id desc limit $13`,
    [...valuesOf(filter), after?.parkedAt ?? null, after?.id ?? null, limit],
  );
}

export interface GroupRow {
  readonly group: string;
  readonly service: string;
  readonly step: string | null;
  readonly type: string;
  readonly errorClass: string;
  readonly frame: string | null;
  /** Of the latest one. */
  readonly reason: string;
  readonly count: number;
  /** How many of them have come back after they were sent again. */
  readonly returned: number;
  readonly oldest: Date;
  readonly latest: Date;
}

/** The largest first. The same failure in two services is two groups. */
export function groupLetters(queries: Queries, filter: LetterFilter): Promise<GroupRow[]> {
  return queries.query(
    `select group_id as "group", service, step, type, error_class as "errorClass", frame,
      (array_agg(reason order by parked_at desc))[1] as reason, count(*)::int as count, count(redrive)::int as returned,
      min(parked_at) as oldest, max(parked_at) as latest
    from dead_letters where ${WHERE} group by group_id, service, step, type, error_class, frame
    order by count desc, latest desc, group_id limit 1000`,
    valuesOf(filter),
  );
}

export interface WholeLetter extends LetterRow {
  readonly stack: string | null;
  readonly exchange: string;
  readonly routingKey: string;
  readonly userId: string | null;
  readonly appId: string | null;
  readonly messageId: string | null;
  readonly correlationId: string | null;
  readonly contentType: string | null;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly editedBody: Buffer | null;
  readonly editedBy: string | null;
  readonly editedAt: Date | null;
}

export async function findLetter(queries: Queries, id: string, lock = false): Promise<WholeLetter | undefined> {
  const rows: WholeLetter[] = await queries.query(
    `select ${LETTER}, stack, exchange, routing_key as "routingKey", user_id as "userId", app_id as "appId",
      message_id as "messageId", correlation_id as "correlationId", content_type as "contentType", headers, body,
      edited as "editedBody", edited_by as "editedBy", edited_at as "editedAt"
    from dead_letters where id = $1 ${lock ? 'for update' : ''}`,
    [id],
  );
  return rows[0];
}

export interface SelectedLetter {
  readonly id: string;
  readonly service: string;
  readonly step: string | null;
  readonly subject: string | null;
  readonly content: Buffer;
  readonly contentType: string | null;
  readonly exchange: string;
  readonly routingKey: string;
  readonly userId: string | null;
  readonly firstFailedAt: Date;
  readonly parkedAt: Date;
  readonly bodyGoneSince: Date | null;
}

/** The oldest first: what failed first is tried first. A page of those after a place: fewer than the limit when they are large. */
export function selectLetters(
  queries: Queries,
  filter: LetterFilter,
  after: LetterPlace | undefined,
  limit: number,
): Promise<SelectedLetter[]> {
  return queries.query(
    `with page as (
      select id, service, step, subject, coalesce(edited, body) as content, content_type as "contentType", exchange,
        routing_key as "routingKey", user_id as "userId", first_failed_at as "firstFailedAt", parked_at as "parkedAt",
        emptied_at as "bodyGoneSince"
      from dead_letters where ${WHERE} and ($11::timestamptz is null or (parked_at, id) > ($11, $12::uuid))
      order by parked_at, id limit $13),
    measured as (select *, sum(octet_length(content)) over (order by "parkedAt", id) as bytes, row_number() over (order by "parkedAt", id) as place from page)
    select id, service, step, subject, content, "contentType", exchange, "routingKey", "userId", "firstFailedAt", "parkedAt", "bodyGoneSince"
    from measured where place = 1 or bytes <= ${BYTES_AT_ONCE} order by place`,
    [...valuesOf(filter), after?.parkedAt ?? null, after?.id ?? null, limit],
  );
}

/** @param body undefined takes the change back. @param facts of what is sent then */
export async function editLetter(
  queries: Queries,
  id: string,
  body: Buffer | undefined,
  who: string,
  facts: Pick<LetterFacts, 'eventId' | 'subject'>,
): Promise<void> {
  await queries.query(
    `update dead_letters set edited = $2, edited_by = $3, edited_at = now(), changed_at = now(), event_id = $4, subject = $5 where id = $1`,
    [id, body ?? null, who, facts.eventId ?? null, facts.subject === undefined ? null : storable(facts.subject)],
  );
}

/** Parked copies of one event, alone or with others, the latest first. */
export function parkedCopies(queries: Queries, event: string): Promise<ParkedCopy[]> {
  return queries.query(
    `select id, service, step, state, changed_at as "changedAt" from dead_letters
    where event_id = $1 or event_ids @> array[$1::uuid]
    order by parked_at desc, id limit 100`,
    [event],
  );
}
