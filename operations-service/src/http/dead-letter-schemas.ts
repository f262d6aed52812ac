import { Nullable, pageQuery, Timestamp } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { verdicts } from '../dead-letters/verdict.js';
import { timeField } from './archive-query.js';

const literals = <const Name extends string>(names: readonly Name[]) => Type.Union(names.map((name) => Type.Literal(name)));
const word = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 512, pattern: '^[^\\u0000]*$', description }));

export const letterStates = ['parked', 'planned', 'redriven', 'discarded', 'gone'] as const;
export const itemStates = ['waiting', 'skipped', 'sending', 'sent', 'processed', 'returned', 'discarded'] as const;

/** Which dead letters are meant. */
export const letterFilter = {
  service: word('Parked by this service'),
  step: word('In which this step failed'),
  type: word('Of this type of event'),
  group: word('Of this group'),
  errorClass: word('Of this class of error'),
  order: word('About this order'),
  parkedBefore: timeField('Parked before this time'),
  parkedAfter: timeField('Parked after this time'),
  state: Type.Optional(
    Type.Union(
      letterStates.map((state) => Type.Literal(state)),
      {
        description: 'In this state; without it those that wait for an operator (parked, planned)',
      },
    ),
  ),
};
export const letterPageQuery = Type.Object({ ...letterFilter, ...pageQuery }, { additionalProperties: false });
export const groupQuery = Type.Object(letterFilter, { additionalProperties: false });

export const Letter = Type.Object({
  id: Type.String(),
  service: Type.String(),
  step: Nullable(Type.String({ description: 'Steps that failed, joined by "+"' })),
  outcome: Nullable(Type.String()),
  type: Type.String(),
  group: Type.String(),
  errorClass: Type.String(),
  reason: Type.String(),
  frame: Nullable(Type.String({ description: 'First line of our own code in the stack' })),
  attempts: Type.Integer(),
  firstFailedAt: Timestamp,
  parkedAt: Timestamp,
  eventId: Nullable(Type.String()),
  subject: Nullable(Type.String({ description: 'The id of the order' })),
  state: literals(letterStates),
  edited: Type.Boolean(),
  redriven: Type.Boolean({ description: 'It has come back after it was sent again' }),
  bodyGoneSince: Nullable(
    Type.String({
      format: 'date-time',
      description:
        'When its body, and what it was changed to, were deleted: DEAD_LETTER_RETENTION_DAYS after it had been dealt with',
    }),
  ),
});

export const Difference = Type.Object(
  { pointer: Type.String(), before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()) },
  { description: 'A field that differs' },
);

export const WholeLetter = Type.Object({
  ...Letter.properties,
  stack: Nullable(Type.String()),
  exchange: Type.String(),
  routingKey: Type.String(),
  userId: Nullable(Type.String()),
  appId: Nullable(Type.String()),
  messageId: Nullable(Type.String()),
  correlationId: Nullable(Type.String()),
  contentType: Nullable(Type.String()),
  headers: Type.Object({}, { additionalProperties: true }),
  bytes: Type.Integer(),
  revealed: Type.Boolean({ description: 'Whether personal data are shown' }),
  body: Type.Unknown({ description: 'The event as JSON; text when it is none; null when it is gone' }),
  edit: Nullable(
    Type.Object({
      by: Nullable(Type.String()),
      at: Nullable(Timestamp),
      body: Type.Unknown(),
      differences: Type.Array(Difference),
    }),
  ),
});

export const Group = Type.Object({
  group: Type.String(),
  service: Type.String(),
  step: Nullable(Type.String()),
  type: Type.String(),
  errorClass: Type.String(),
  frame: Nullable(Type.String()),
  reason: Type.String({ description: 'Of the latest one' }),
  count: Type.Integer(),
  returned: Type.Integer({ description: 'How many of them have come back after they were sent again' }),
  oldest: Timestamp,
  latest: Timestamp,
});

const counts = (description: string) => Type.Record(Type.String(), Type.Integer(), { description });

export const Plan = Type.Object({
  id: Type.String(),
  createdAt: Timestamp,
  createdBy: Type.String(),
  filter: Type.Object({}, { additionalProperties: true }),
  cut: Type.Boolean({
    description:
      'More messages were meant than a plan holds (about 100,000): these are the oldest; the rest is planned after them',
  }),
  state: literals(['ready', 'running', 'stopped', 'done']),
  action: Nullable(literals(['redrive', 'discard'])),
  chosen: Type.Array(Type.String(), { description: 'Messages with these verdicts are acted upon' }),
  reason: Nullable(Type.String()),
  rate: Type.Integer(),
  tolerate: Type.Integer(),
  patience: Type.Integer(),
  actedBy: Nullable(Type.String()),
  startedAt: Nullable(Timestamp),
  stoppedBecause: Nullable(Type.String()),
  finishedAt: Nullable(Timestamp),
  total: Type.Integer(),
  verdicts: counts('Messages by what would happen to them'),
  states: counts('Messages by what has become of them'),
});

export const PlanItem = Type.Object({
  position: Type.Integer(),
  deadLetterId: Type.String(),
  service: Type.String(),
  step: Nullable(Type.String()),
  type: Type.String(),
  subject: Nullable(Type.String()),
  eventId: Nullable(Type.String()),
  verdict: literals(verdicts),
  detail: Nullable(Type.String()),
  state: literals(itemStates),
  timesSent: Type.Integer(),
  sentAt: Nullable(Timestamp),
  decidedAt: Nullable(Timestamp),
});

const chosen = Type.Optional(
  Type.Array(literals(verdicts), { maxItems: verdicts.length, description: 'Verdicts of the messages that are meant' }),
);
const reason = (description: string) => Type.String({ minLength: 3, maxLength: 500, pattern: '^[^\\u0000]*$', description });

export const newPlan = Type.Object(
  {
    ...letterFilter,
    ids: Type.Optional(Type.Array(Type.String({ format: 'uuid', maxLength: 36 }), { minItems: 1, maxItems: 1_000 })),
  },
  { additionalProperties: false },
);
export const redriveOrders = Type.Object(
  {
    verdicts: chosen,
    reason: Type.Optional(reason('Why, for the audit')),
    rate: Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description: 'Messages a second' }),
    tolerate: Type.Integer({ minimum: 0, maximum: 100_000, default: 0, description: 'How many may come back before it stops' }),
    patience: Type.Integer({
      minimum: 1,
      maximum: 3_600,
      default: 60,
      description: 'Seconds to wait for what becomes of the first messages, and in the end of the last',
    }),
  },
  { additionalProperties: false },
);
export const discardOrders = Type.Object(
  { verdicts: chosen, reason: reason('Why: it is kept in the audit') },
  { additionalProperties: false },
);
export const editOrders = Type.Object(
  { event: Type.Object({}, { additionalProperties: true }), reason: Type.Optional(reason('Why, for the audit')) },
  { additionalProperties: false },
);

export const AuditEntry = Type.Object({
  id: Type.String(),
  at: Timestamp,
  who: Type.String(),
  what: Type.String(),
  about: Nullable(Type.String()),
  why: Nullable(Type.String()),
  details: Type.Object({}, { additionalProperties: true }),
  result: Type.String(),
});
