import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { choreography } from '@quickstep/shared/choreography';
import { type EventContract, earlier, event } from '@quickstep/shared/events';
import { Type } from '@sinclair/typebox';
import { declaredIn } from '../../tools/src/contracts/declared.js';
import { describe as describeFinding } from '../../tools/src/contracts/finding.js';
import { checkContracts } from '../../tools/src/contracts/gate.js';
import { published } from './parcels.js';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'evolving-contracts.md'), 'utf8');
const own = readFileSync(__filename, 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, which, text = '']) => (which === language ? [text] : []));
const packed = (text: string) => text.replace(/\s+/g, '');

/** The page's code, for which a contract of the shop is stood in by one with the same shape. */
const type = 'parcel.packed';
const description = 'A parcel is ready.';
const parcel = { orderId: Type.String({ format: 'uuid', maxLength: 36 }), weight: Type.Integer({ minimum: 1 }) };
const Note = Type.String({ maxLength: 200 });
const Grams = Type.Integer({ minimum: 1 });

const Packed = event(type, Type.Object({ ...parcel }), { description });

const Added = event(type, Type.Object({ ...parcel, note: Type.Optional(Note) }), { description, dataversion: '1.1' });

const AddedRequired = event(type, Type.Object({ ...parcel, note: Note }), { description, dataversion: '1.1' });

const Removed = event(type, Type.Object({ orderId: parcel.orderId }), { description, dataversion: '1.1' });

const Renamed = event(type, Type.Object({ orderId: parcel.orderId, grams: Grams }), {
  description,
  dataversion: '2.0',
  earlier: [
    earlier('1.0', Type.Object({ ...parcel }), {
      upcast: ({ weight, ...rest }) => ({ ...rest, grams: weight }),
      downcast: ({ grams, ...rest }) => ({ ...rest, weight: grams }),
    }),
  ],
});

const Lifted = event(type, Type.Object({ orderId: parcel.orderId, grams: Grams }), {
  description,
  dataversion: '2.0',
  earlier: [
    earlier('1.0', Type.Object({ ...parcel }), {
      upcast: ({ weight, ...rest }) => ({ ...rest, grams: weight }),
    }),
  ],
});

const Weighed = event('parcel.weighed', Type.Object({ ...parcel }), { description: 'A parcel was weighed.' });

const system = (...emitted: EventContract[]) => [
  choreography('parcel-service', { pack: { timer: 'it is time', outcomes: { packed: emitted } } }),
  choreography('truck-service', { load: { on: emitted.slice(-1), outcomes: { loaded: [] } } }),
];
const findings = (before: EventContract, ...now: EventContract[]) =>
  checkContracts(published(declaredIn(system(before))), declaredIn(system(...now)))
    .filter(({ kind }) => kind === 'breaking')
    .map(describeFinding);

describe('docs/evolving-contracts.md', () => {
  test.each(blocks('ts').map((block) => [block.split('\n')[0] ?? '', block]))(
    'its code is compiled and run here: %s',
    (_, block) => {
      expect(packed(own)).toContain(packed(block));
    },
  );

  test('its messages are those of the gate', () => {
    const said = [findings(Packed, AddedRequired), findings(Packed, Removed), findings(Packed, Lifted)].flat().map(packed);
    const shown = blocks('text');
    expect(shown.length).toBeGreaterThan(2);
    for (const text of shown) expect(said).toContain(packed(text));
  });

  test('what it calls safe is safe', () => {
    const safe = [findings(Packed, Added), findings(Packed, Renamed), findings(Packed, Packed, Weighed)].flat();
    expect(safe).toEqual([]);
  });

  test('its last step, the end of the old major, breaks nobody once consumers read both', () => {
    const before = published(declaredIn(system(Renamed)), published(declaredIn(system(Packed))).versions);
    expect(checkContracts(before, declaredIn(system(Lifted))).filter(({ kind }) => kind === 'breaking')).toEqual([]);
  });

  test('names the upcaster of the shop', () => {
    const orders = readFileSync(join(__dirname, '..', '..', 'shared', 'src', 'contracts', 'orders.ts'), 'utf8');
    for (const block of blocks('typescript')) expect(packed(orders)).toContain(packed(block));
  });
});
