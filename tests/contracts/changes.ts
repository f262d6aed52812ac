import { earlier } from '@quickstep/shared/events';
import { type TSchema, Type } from '@sinclair/typebox';
import type { Declared } from '../../tools/src/contracts/declared.js';
import type { Registry } from '../../tools/src/contracts/registry.js';
import { changed, fields, type Parcels, parcels, published, without } from './parcels.js';

const text = (options: object = {}) => Type.String({ maxLength: 10, ...options });
const { orderId: _id, ...withoutId } = fields;
const line = { sku: Type.String({ maxLength: 5 }), count: Type.Integer({ minimum: 1, maximum: 9 }) };
const lines = (schema: TSchema = Type.Object(line), options = {}) => Type.Array(schema, { minItems: 1, maxItems: 5, ...options });
const withPrice = Type.Object({ ...fields, price: Type.Integer({ minimum: 0 }) });
const lift = (price = 0) => ({ upcast: (data: object) => ({ ...data, price }) });
const lower = { downcast: ({ price: _, ...data }: Record<string, unknown>) => data };
const one = Type.Object(fields);
const two = (casts: object = {}): Parcels => ({
  dataversion: '2.0',
  schema: withPrice,
  earlier: [earlier('1.0', one, { ...lift(), ...casts })],
});
const withNote: Parcels = { ...changed({ more: Type.Optional(text()) }) };
const out = published(parcels());
const history = (...all: readonly Parcels[]) =>
  all.reduce<Registry>((before, each) => published(parcels(each), before.versions), out);

/** A change, and whom it breaks: `new` reading what is old, `old` reading what is new; for both consumers unless one is named. */
export interface Change {
  readonly name: string;
  readonly now: Declared;
  readonly breaks: readonly string[];
  readonly before: Registry;
}

const change = (name: string, now: Parcels, breaks: readonly string[] = [], before: Registry = out): Change => ({
  name,
  now: parcels(now),
  breaks: breaks.flatMap((each) => (/^(truck|mail)/.test(each) ? [each] : [`truck ${each}`, `mail ${each}`])).sort(),
  before,
});

export const changes: readonly Change[] = [
  change('nothing', {}),
  change('a description', {
    description: 'Packed and closed.',
    schema: Type.Object({ ...fields, name: Type.String({ minLength: 1, maxLength: 10, description: 'Who' }) }),
  }),
  change('add an optional field', changed({ more: Type.Optional(text()) })),
  change('add a required field', changed({ more: text() }), ['new /more']),
  change('add a required field inside', changed({ address: Type.Object({ ...fields.address.properties, street: text() }) }), [
    'new /address/street',
  ]),
  change(
    'add a required field to the elements of a list',
    changed({ lines: lines(Type.Object({ ...line, price: Type.Integer() })) }),
    ['new /lines/*/price'],
  ),
  change('remove a required field', { dataversion: '1.1', schema: Type.Object(without('name')) }, ['old /name']),
  change('remove an optional field', { dataversion: '1.1', schema: Type.Object(without('note')) }),
  change('rename a required field', { dataversion: '1.1', schema: Type.Object({ ...without('name'), title: fields.name }) }, [
    'new /title',
    'old /name',
  ]),
  change('make a required field optional', changed({ name: Type.Optional(fields.name) }), ['old /name']),
  change('make an optional field required', changed({ note: Type.String({ maxLength: 20 }) }), ['new /note']),
  change('lengthen a text', changed({ name: Type.String({ minLength: 1, maxLength: 11 }) }), ['old /name']),
  change('shorten a text', changed({ name: Type.String({ minLength: 1, maxLength: 9 }) }), ['new /name']),
  change('allow an empty text', changed({ name: Type.String({ minLength: 0, maxLength: 10 }) }), ['old /name']),
  change('raise a maximum', changed({ weight: Type.Integer({ minimum: 1, maximum: 101 }) }), ['old /weight']),
  change('lower a maximum', changed({ weight: Type.Integer({ minimum: 1, maximum: 99 }) }), ['new /weight']),
  change('raise a minimum', changed({ weight: Type.Integer({ minimum: 2, maximum: 100 }) }), ['new /weight']),
  change('allow fractions', changed({ weight: Type.Number({ minimum: 1, maximum: 100 }) }), ['old /weight']),
  change('make a number a text', changed({ weight: text() }), ['new /weight', 'old /weight']),
  change('widen a pattern', changed({ code: Type.String({ maxLength: 8, pattern: '^[A-Z0-9]+$' }) }), ['new /code', 'old /code']),
  change('drop a pattern', changed({ code: Type.String({ maxLength: 8 }) }), ['old /code']),
  change('add a pattern', changed({ name: Type.String({ minLength: 1, maxLength: 10, pattern: '^.*$' }) }), ['new /name']),
  change('drop a format', changed({ orderId: Type.String({ maxLength: 36 }) }), ['old /orderId']),
  change('change a format', changed({ orderId: Type.String({ maxLength: 36, format: 'email' }) }), [
    'new /orderId',
    'old /orderId',
  ]),
  change('add a choice', changed({ colour: Type.Union([Type.Literal('red'), Type.Literal('blue'), Type.Literal('green')]) }), [
    'old /colour',
  ]),
  change('remove a choice', changed({ colour: Type.Union([Type.Literal('red')]) }), ['new /colour']),
  change('change the order of choices', changed({ colour: Type.Union([Type.Literal('blue'), Type.Literal('red')]) })),
  change('add a value to a list of values', changed({ size: Type.String({ enum: ['S', 'M', 'L'] }) }), ['old /size']),
  change('allow null', changed({ name: Type.Union([fields.name, Type.Null()]) }), ['old /name']),
  change('lengthen a list', changed({ lines: lines(Type.Object(line), { maxItems: 6 }) }), ['old /lines']),
  change('allow an empty list', changed({ lines: lines(Type.Object(line), { minItems: 0 }) }), ['old /lines']),
  change(
    'ask for unique elements, which nobody here judges',
    changed({ lines: lines(Type.Object(line), { uniqueItems: true }) }),
    ['new /lines', 'old /lines'],
  ),
  change('a keyword that nobody here knows', changed({ weight: Type.Integer({ minimum: 1, maximum: 100, unit: 'pound' }) }), [
    'new /weight',
    'old /weight',
  ]),
  change(
    'close the event to unknown fields',
    { dataversion: '1.1', schema: Type.Object(fields, { additionalProperties: false }) },
    ['tolerance /'],
  ),
  change('close a part of it', changed({ address: Type.Object(fields.address.properties, { additionalProperties: false }) }), [
    'tolerance /address',
  ]),
  change('a new major without an upcaster', { dataversion: '2.0', schema: withPrice }, ['new', 'old']),
  change('a new major with an upcaster, at once', two(), ['old']),
  change('a new major with an upcaster, side by side with the old one', two(lower)),
  change('a new major, after consumers have read it side by side', two(), [], history(two(lower))),
  change('an upcaster that makes nonsense', two({ ...lower, upcast: (data: object) => data }), ['new']),
  change('a downcast dropped while a consumer reads the old major only', two(), ['truck old'], {
    ...history(two(lower)),
    consumers: [
      { service: 'truck-service', type: 'parcel.packed', majors: ['1'] },
      { service: 'mail-service', type: 'parcel.packed', majors: ['1', '2'] },
    ],
  }),
  change('retire an old major after its time', { dataversion: '2.0', schema: withPrice }, [], {
    ...history(two(lower)),
    versions: history(two(lower)).versions.filter(({ dataversion }) => dataversion !== '1.0'),
  }),
  change('rename the event', { type: 'parcel.wrapped' }, ['old']),
  change('publish it no more', { emitted: false }, ['old']),
  change('publish it no more, when nobody reads it', { emitted: false, consumers: [] }, [], { ...out, consumers: [] }),
  change('a consumer more', {}, [], { ...out, consumers: out.consumers.slice(0, 1) }),
  change('a consumer less, still deployed', { ...changed({ name: Type.Optional(fields.name) }), consumers: ['truck'] }, [
    'old /name',
  ]),
  change('another emitter', { emitters: ['parcel-service', 'depot-service'] }, ['old']),
  change('an emitter less', {}, ['new'], {
    ...out,
    versions: out.versions.map((each) => ({ ...each, emitters: ['parcel-service', 'depot-service'] })),
  }),
  change('another subject', { subject: 'name' }, ['new', 'old']),
  change('nobody need consume it', { final: true }),
  change(
    'a field comes back in another type',
    changed({ more: Type.Optional(Type.Integer()) }),
    ['new /more', 'old /more'],
    history(withNote),
  ),
  change('the field that becomes the subject is gone', { dataversion: '1.1', schema: Type.Object(withoutId), subject: 'name' }, [
    'new',
    'old',
    'old /orderId',
  ]),
  change('an event that was recorded is refused', {}, ['new'], {
    ...out,
    recorded: [{ type: 'parcel.packed', dataversion: '1.0', data: { name: '' } }],
  }),
];
