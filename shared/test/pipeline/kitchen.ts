import { choreography } from '@quickstep/shared/choreography';
import { command, type EventContract, event } from '@quickstep/shared/events';
import { integer, table, textKey, textOrNull, timeOrNull } from '@quickstep/shared/rows';
import { Type } from '@sinclair/typebox';
import { eventOf } from './pipeline-over.js';
import { Message } from './ports.js';

/** A small service of no shop, with a step of every kind. */
const data = Type.Object({ dish: Type.String({ minLength: 1 }) });
const of = (description: string, final = false) => ({ description, subject: 'dish', final }) as const;

export const Ordered = event('table.ordered', data, of('A dish is wanted.'));
export const SentBack = event('table.sent_back', data, of('A dish is not wanted any more.'));
export const Cooked = event('kitchen.cooked', data, of('A dish is ready.'));
export const Burnt = event('kitchen.burnt', data, { ...of('A dish is lost.'), ending: 'burnt' });
export const Cleaned = event('kitchen.cleaned', data, of('The place is clean again.'));
export const Noted = event('kitchen.noted', data, of('Nobody waits for it.', true));
export const Hire = command(
  Type.Object({ name: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  'Hire a cook.',
);

export const Dishes = table('dishes', { dish: textKey(), plates: integer(0), note: textOrNull(), coldAt: timeOrNull() });

export const kitchen = choreography('kitchen-service', {
  cook: {
    on: [Ordered, SentBack],
    outcomes: {
      cooked: { on: [Ordered], emits: [Cooked, Noted] },
      burnt: { on: [Ordered], emits: [Burnt] },
      noted: { on: [SentBack], emits: [Noted] },
      repeated: [],
    },
  },
  clean: { on: [SentBack], compensates: 'cook', effect: 'dishwasher', outcomes: { cleaned: [Cleaned], repeated: [] } },
  refuse: { on: [SentBack], prevents: 'cook', outcomes: { refused: [] } },
  watch: { observes: [Ordered, Cooked], outcomes: { seen: [Noted] } },
  hire: {
    command: Hire,
    outcomes: { hired: [Noted], known: [] },
    refusals: {
      kitchen_full: { kind: 'conflict', when: 'There is no room' },
      cook_unknown: { kind: 'not-found', when: 'Nobody of that name' },
      name_odd: { kind: 'invalid', when: 'It is no name' },
    },
  },
  cool: { timer: 'a dish gets cold', outcomes: { cold: [Burnt], eaten: [] } },
});

/** A message with one event about a dish. */
export function deliveryOf(
  contract: EventContract,
  dish = 'soup',
  options: { attempt?: number; id?: string; repeated?: boolean } = {},
): Message {
  const { id, ...how } = options;
  const changes = id === undefined ? {} : { id };
  return new Message(JSON.stringify(eventOf(contract, { type: contract.type, data: { dish } }, changes)), contract.type, how);
}
