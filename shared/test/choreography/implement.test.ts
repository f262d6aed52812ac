import { expect, test } from '@jest/globals';
import { type AnyStep, choreography, implement, type Named, outcome, step } from '@quickstep/shared/choreography';
import { event } from '@quickstep/shared/events';
import { Type } from '@sinclair/typebox';

const Asked = event('kitchen.asked', Type.Object({ dish: Type.String() }), { description: 'Asked.', subject: 'dish' });
const declared = () =>
  choreography('kitchen-service', {
    cook: { on: [Asked], outcomes: { done: [] } },
    serve: { on: [Asked], outcomes: { done: [] } },
  });
const kitchen = declared();
const written = { rows: () => ({}), decide: () => outcome('done') };
const cook = step(kitchen, 'cook', written);
const serve = step(kitchen, 'serve', written);

test('steps are known by the name that they were written for, in whatever order they come', () => {
  expect(implement(kitchen, [serve, cook])).toEqual({ choreography: kitchen, steps: { cook, serve } });
});

test.each<[string, readonly (AnyStep & Named<typeof kitchen>)[], string]>([
  ['is missing', [cook], 'kitchen-service: step "serve" is declared but not written'],
  ['stands there twice', [cook, serve, cook], 'kitchen-service: step "cook" is written twice'],
  [
    'was written for a declaration that only looks the same',
    [cook, step(declared(), 'serve', written)],
    'kitchen-service: step "serve" is written for another declaration, of kitchen-service',
  ],
])('a list whose names the compiler does not see is refused when a step %s', (_what, steps, message) => {
  expect(() => implement(kitchen, steps)).toThrow(new TypeError(message));
});
