import { choreography } from '@quickstep/shared/choreography';
import { type EarlierMajor, event } from '@quickstep/shared/events';
import { type TObject, type TProperties, Type } from '@sinclair/typebox';
import { type Declared, declaredIn } from '../../tools/src/contracts/declared.js';
import type { Registry } from '../../tools/src/contracts/registry.js';

/** A field of every kind that contracts have. */
export const fields = {
  orderId: Type.String({ format: 'uuid', maxLength: 36 }),
  name: Type.String({ minLength: 1, maxLength: 10 }),
  code: Type.String({ maxLength: 8, pattern: '^[A-Z]+$' }),
  weight: Type.Integer({ minimum: 1, maximum: 100 }),
  note: Type.Optional(Type.String({ maxLength: 20 })),
  colour: Type.Union([Type.Literal('red'), Type.Literal('blue')]),
  size: Type.String({ enum: ['S', 'M'] }),
  lines: Type.Array(Type.Object({ sku: Type.String({ maxLength: 5 }), count: Type.Integer({ minimum: 1, maximum: 9 }) }), {
    minItems: 1,
    maxItems: 5,
  }),
  address: Type.Object({ city: Type.String({ maxLength: 20 }), zone: Type.Optional(Type.String({ maxLength: 4 })) }),
};

export interface Parcels {
  readonly type?: `parcel.${string}`;
  readonly schema?: TObject;
  readonly dataversion?: string;
  readonly earlier?: readonly EarlierMajor<Record<string, unknown>>[];
  readonly emitters?: readonly string[];
  readonly subject?: string;
  readonly description?: string;
  readonly final?: boolean;
  readonly emitted?: boolean;
  readonly consumers?: readonly string[];
}

/** A small system: parcels are packed; trucks wait for that, and mail observes it. */
export function parcels(changes: Parcels = {}): Declared {
  const schema: TObject = changes.schema ?? Type.Object(fields);
  const { type = 'parcel.packed', dataversion = '1.0', earlier = [], emitted = true } = changes;
  const { emitters, subject = 'orderId', description = 'Packed.', final = false, consumers = ['truck', 'mail'] } = changes;
  const packed = event(type, schema, { dataversion, earlier, subject, description, final, ...(emitters && { emitters }) });
  const services = [
    choreography('parcel-service', { pack: { timer: 'it is time', outcomes: { packed: emitted ? [packed] : [] } } }),
    choreography('truck-service', { load: { on: [packed], outcomes: { loaded: [] } } }),
    choreography('mail-service', { write: { observes: [packed], outcomes: { written: [] } } }),
  ];
  return declaredIn(services.filter(({ service }) => service === 'parcel-service' || consumers.includes(service.slice(0, -8))));
}

export const changed = (changes: TProperties): Parcels => ({
  dataversion: '1.1',
  schema: Type.Object({ ...fields, ...changes }),
});

export function without(...names: readonly string[]): TProperties {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** What is out there once this has been published, after what was there before. */
export function published({ versions, consumers }: Declared, before: Registry['versions'] = []): Registry {
  const known = new Set(before.map(({ dataversion }) => dataversion));
  return { versions: [...before, ...versions.filter(({ dataversion }) => !known.has(dataversion))], consumers, recorded: [] };
}
