import {
  type Call,
  decodePlace,
  notFound,
  pageOf,
  pageSchema,
  placeKey,
  problem,
  problems,
  queryChecker,
  type ReadContext,
  type Route,
  UUID_KEY,
} from '@quickstep/shared/http';
import { redact } from '@quickstep/shared/logging';
import { Type } from '@sinclair/typebox';
import type { EntityManager } from 'typeorm';
import { hiddenBody, hideAt, wholeBody } from '../access/hidden.js';
import { type Access, guarded } from '../access/index.js';
import { audit } from '../db/audit.js';
import { isHeld } from '../db/dead-letter-plans.js';
import {
  editLetter,
  findLetter,
  groupLetters,
  type LetterRow,
  listLetters,
  type WholeLetter,
} from '../db/dead-letter-queries.js';
import { differencesOf, type FieldDifference } from '../dead-letters/differences.js';
import { edited, NotEditable } from '../dead-letters/edit.js';
import { factsOf } from '../dead-letters/letter.js';
import { timeOf } from './archive-query.js';
import { bodyChecker } from './body.js';
import * as schemas from './dead-letter-schemas.js';
import { checkMayReveal, mayNotReveal, revealQuery } from './reveal.js';

const checkPage = queryChecker(schemas.letterPageQuery);
const checkGroups = queryChecker(schemas.groupQuery);
const reveal = Type.Object(revealQuery);
const checkReveal = queryChecker(Type.Object(revealQuery, { additionalProperties: false }));
const checkEdit = bodyChecker(schemas.editOrders);
const params = Type.Object({ id: Type.String({ maxLength: 36, description: 'Id of the dead letter' }) });
const missing = { status: problems.not_found.status, code: 'not_found', when: problems.not_found.title };
const acted = { status: problems.conflict.status, code: 'conflict', when: 'It is being dealt with, or has been' };

const letterView = (row: LetterRow) => ({ ...row, reason: redact(row.reason) });

/** @throws Problem `invalid_request` when a time is none */
export function filterOf<Filter extends { readonly parkedBefore?: string; readonly parkedAfter?: string }>(given: Filter) {
  const [before, after] = [timeOf(given.parkedBefore, '/parkedBefore'), timeOf(given.parkedAfter, '/parkedAfter')];
  return {
    ...given,
    ...(before === undefined ? {} : { parkedBefore: before.toISOString() }),
    ...(after === undefined ? {} : { parkedAfter: after.toISOString() }),
  };
}

function placeOf(cursor: string | undefined) {
  const place = decodePlace(cursor, UUID_KEY);
  return place && { parkedAt: place.time.toISOString(), id: place.id };
}

export function idOf(call: Call): string {
  const given = String(call.request.params.id).toLowerCase();
  if (!UUID_KEY.test(given)) throw notFound('such thing');
  return given;
}

/** Of what they are, not of what is shown of them: a name that takes the place of one as long is a difference, too. */
function shownDifferences(body: Buffer, editedBody: Buffer, revealed: boolean): readonly FieldDifference[] {
  const differences = differencesOf(wholeBody(body), wholeBody(editedBody));
  if (revealed) return differences;
  return differences.map(({ pointer, ...values }) => ({
    pointer,
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hideAt(pointer, value)])),
  }));
}

function wholeView(found: WholeLetter, revealed: boolean) {
  const { body, editedBody, editedBy, editedAt, headers, ...rest } = found;
  const shown = revealed ? wholeBody : hiddenBody;
  const there = found.bodyGoneSince === null;
  const said = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value]);
  return {
    ...letterView(found),
    ...rest,
    reason: redact(found.reason),
    headers: Object.fromEntries(said),
    bytes: body.length,
    revealed,
    body: there ? shown(body) : null,
    edit: editedBody && {
      by: editedBy,
      at: editedAt,
      body: there ? shown(editedBody) : null,
      differences: there ? shownDifferences(body, editedBody, revealed) : [],
    },
  };
}

const readRoutes = (access: Access): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/dead-letters',
    summary: 'Messages that services gave up on, the latest first',
    query: schemas.letterPageQuery,
    response: { status: 200, description: 'A page of dead letters', schema: pageSchema(schemas.Letter) },
    async run(call, { dataSource }) {
      const { limit, cursor, ...filter } = checkPage(call.request);
      const rows = await listLetters(dataSource, filterOf(filter), placeOf(cursor), limit + 1);
      const { items, ...next } = pageOf(rows, limit, ({ parkedAt, id }) => placeKey(parkedAt, id));
      call.json(200, { items: items.map(letterView), ...next });
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/dead-letters/groups',
    summary: 'Dead letters that failed for the same reason at the same place, the largest group first',
    query: schemas.groupQuery,
    response: { status: 200, description: 'The groups', schema: Type.Object({ items: Type.Array(schemas.Group) }) },
    async run(call, { dataSource }) {
      const rows = await groupLetters(dataSource, filterOf(checkGroups(call.request)));
      call.json(200, { items: rows.map((row) => ({ ...row, reason: redact(row.reason) })) });
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/dead-letters/{id}',
    summary: 'One dead letter, with its headers and its body; personal data are hidden',
    params,
    query: reveal,
    response: { status: 200, description: 'The dead letter', schema: schemas.WholeLetter },
    problems: [missing, mayNotReveal],
    async run(call, { dataSource }, caller) {
      const id = idOf(call);
      const { reveal: revealed } = checkReveal(call.request);
      checkMayReveal(caller, revealed);
      const found = await findLetter(dataSource, id);
      if (found === undefined) throw notFound('such dead letter');
      const result = found.bodyGoneSince === null ? 'shown' : 'its body is gone';
      if (revealed) await audit(dataSource, { who: caller.name, what: 'dead-letters.reveal', about: id, result });
      call.json(200, wholeView(found, revealed));
    },
  }),
];

/** @throws Problem `conflict` when it cannot be changed any more */
function openLetter(found: WholeLetter | undefined): WholeLetter {
  if (found === undefined) throw notFound('such dead letter');
  if (found.state !== 'parked' && found.state !== 'gone')
    throw problem('conflict', `It is ${found.state}: only what waits for an operator can be changed`);
  if (found.bodyGoneSince !== null)
    throw problem('conflict', `Its body is gone since ${found.bodyGoneSince.toISOString()}: there is nothing to change`);
  return found;
}

/** Locked. @throws Problem as above, or when it is being sent: nobody could say which of the two was */
async function letterToChange(manager: EntityManager, id: string): Promise<WholeLetter> {
  const held = await isHeld(manager, id);
  const found = openLetter(await findLetter(manager, id, true));
  if (held) throw problem('conflict', 'A plan that is being carried out has it: stop the plan before you change it');
  return found;
}

const editRoutes = (access: Access): Route<ReadContext>[] => [
  guarded(access, 'operator', {
    method: 'put',
    path: '/dead-letters/edits/{id}',
    summary: 'Changes what will be sent in place of a dead letter, once its service would take it',
    params,
    body: schemas.editOrders,
    response: {
      status: 200,
      description: 'The dead letter, with what differs; personal data are hidden',
      schema: schemas.WholeLetter,
    },
    problems: [missing, acted],
    async run(call, { dataSource }, caller) {
      const id = idOf(call);
      const { event, reason } = checkEdit(call);
      const changed = await dataSource.transaction(async (manager) => {
        const found = await letterToChange(manager, id);
        try {
          const change = edited({ ...found, content: found.body }, event);
          await editLetter(manager, id, change.content, caller.name, change);
          const details = { fields: change.differences.map(({ pointer }) => pointer) };
          await audit(manager, {
            who: caller.name,
            what: 'dead-letters.edit',
            about: id,
            why: reason,
            details,
            result: 'changed',
          });
        } catch (error) {
          throw error instanceof NotEditable
            ? problem('invalid_request', 'The event would be refused', { errors: [{ pointer: '/event', detail: error.message }] })
            : error;
        }
        return findLetter(manager, id);
      });
      call.json(200, wholeView(openLetter(changed), false));
    },
  }),
  guarded(access, 'operator', {
    method: 'delete',
    path: '/dead-letters/edits/{id}',
    summary: 'Takes a change back',
    params,
    response: { status: 200, description: 'The dead letter as it was parked', schema: schemas.WholeLetter },
    problems: [missing, acted],
    async run(call, { dataSource }, caller) {
      const id = idOf(call);
      const changed = await dataSource.transaction(async (manager) => {
        const { body, contentType } = await letterToChange(manager, id);
        await editLetter(manager, id, undefined, caller.name, factsOf(body, contentType ?? undefined));
        await audit(manager, { who: caller.name, what: 'dead-letters.edit', about: id, result: 'taken back' });
        return findLetter(manager, id);
      });
      call.json(200, wholeView(openLetter(changed), false));
    },
  }),
];

export const deadLetterRoutes = (access: Access): Route<ReadContext>[] => [...readRoutes(access), ...editRoutes(access)];
