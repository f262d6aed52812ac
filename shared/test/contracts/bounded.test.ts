import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as contracts from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { type CommandContract, checkEvent, type EventContract, eventSchema, validator } from '@quickstep/shared/events';
import { happened } from '@quickstep/shared/testing';
import fc from 'fast-check';

const BODY = 65_536;

const isEvent = (value: unknown): value is EventContract => typeof value === 'function' && 'type' in value && 'schema' in value;
const isCommand = (value: unknown): value is CommandContract =>
  typeof value === 'object' && value !== null && 'schema' in value && 'description' in value;
const events = Object.values<unknown>(contracts).filter(isEvent);
const commands = Object.entries<unknown>(contracts).flatMap(([name, each]) => (isCommand(each) ? [{ name, ...each }] : []));

/** What is looked at of a JSON Schema. */
interface Shape {
  readonly type?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

const shapeOf = (schema: object): Shape => JSON.parse(JSON.stringify(schema));

interface Node {
  readonly at: string;
  readonly schema: Shape;
}

/** A schema and all that it is made of. */
function nodesOf(schema: Shape, at = ''): Node[] {
  const inside = Object.entries({ ...schema.properties, ...(schema.items && { items: schema.items }) });
  return [{ at, schema }, ...inside.flatMap(([name, each]) => nodesOf(each, `${at}/${name}`))];
}

const all = [
  ...events.map((contract) => [contract.type, eventSchema(contract)] as const),
  ...commands.map(({ name, schema }) => [name, schema] as const),
];

test('there are contracts to look at', () => {
  expect(events.length).toBeGreaterThan(15);
  expect(commands.map(({ name }) => name).sort()).toEqual(['AdjustStock', 'CancelOrder', 'PlaceOrder', 'PutItem']);
});

describe.each(all)('%s', (_, schema) => {
  const nodes = nodesOf(shapeOf(schema));

  test('has no text without a greatest length, and no list without a greatest number', () => {
    const isOpen = ({ schema: { type, maxLength, maxItems, enum: choices } }: Node) =>
      (type === 'string' && maxLength === undefined && choices === undefined) || (type === 'array' && maxItems === undefined);
    expect(nodes.filter(isOpen).map(({ at }) => at)).toEqual([]);
  });

  test('has no pattern or format without a greatest length of its own', () => {
    const open = nodes.filter((node) => (node.schema.pattern ?? node.schema.format) && !((node.schema.maxLength ?? BODY) <= 500));
    expect(open.map(({ at }) => at)).toEqual([]);
  });
});

/** What makes patterns go back and try again: long runs of what they take, with something at the end that they do not. */
const hostileText = fc
  .tuple(
    fc.constantFrom('a', ' ', 'A', '-', 'a.', 'a@', '0', 'A-', '\u00a0', 'é', '🙂', '.', '@', '1:', 'pm_'),
    fc.constantFrom(0, 1, 30, 64, 250, 510, 4_000, 60_000),
    fc.constantFrom('', '\u0000', '\n', '!', '@', '.', '-', '\ud800'),
  )
  .map(([run, length, end]) => run.repeat(length).slice(0, length) + end);
const hostileValue = fc.oneof(hostileText, hostileText, fc.constantFrom(null, 0, -1, 1e300, true, {}, []));

/** A body in the shape of a contract, with hostile values in its places; no larger than a body may be. */
function hostile(schema: Shape): fc.Arbitrary<unknown> {
  if (schema.properties !== undefined) {
    const properties = Object.entries(schema.properties);
    const fields = Object.fromEntries(properties.map(([name, each]) => [name, hostile(each)]));
    return fc.oneof({ weight: 9, arbitrary: fc.record(fields, { requiredKeys: [] }) }, { weight: 1, arbitrary: hostileValue });
  }
  if (schema.items !== undefined) {
    const few = fc.array(hostile(schema.items), { maxLength: 3 });
    return fc.oneof(
      few,
      fc.constantFrom(100, 101, 20_000).map((length) => Array.from({ length }, () => ({}))),
    );
  }
  return hostileValue;
}

const sized = (arbitrary: fc.Arbitrary<unknown>) =>
  arbitrary.map((body) => JSON.stringify(body)).filter((text) => text.length <= BODY);

describe('checking any body of 64 kB is bounded work:', () => {
  let work = 0;
  let longest = 0;
  const test_ = RegExp.prototype.test;

  beforeEach(() => {
    jest.spyOn(RegExp.prototype, 'test').mockImplementation(function (this: RegExp, text: string) {
      // What a pattern costs that goes back to each of its characters for each of them.
      work += text.length ** 2;
      longest = Math.max(longest, text.length);
      return test_.call(this, text);
    });
  });
  afterEach(() => void jest.restoreAllMocks());

  /** Even a careless pattern on the longest text that a contract allows, filled up with such texts. In characters looked at. */
  const BOUND = BODY * 1_024;

  function expectBounded(text: string, check: (body: unknown) => unknown): void {
    const body: unknown = JSON.parse(text);
    work = 0;
    longest = 0;
    check(body);
    expect({ longest: longest <= 1_024, work: work <= BOUND }).toEqual({ longest: true, work: true });
  }

  test.each(commands)('command $name', ({ schema }) => {
    const check = validator(schema);
    fc.assert(
      fc.property(sized(hostile(shapeOf(schema))), (text) => {
        expectBounded(text, (body) => expect(check(body).length).toBeLessThan(1_000));
      }),
      { numRuns: 200 },
    );
  });

  test.each(events.map((contract) => [contract.type, contract] as const))('event %s', (_, contract) => {
    const envelope = happened(contracts.OrderCreated(sampleOrder()));
    const wholes = fc.tuple(hostile(shapeOf(eventSchema(contract))), fc.boolean()).map(([changes, sound]) => {
      return sound ? { ...envelope, type: contract.type, data: Object(changes).data } : { ...envelope, ...Object(changes) };
    });
    fc.assert(
      fc.property(sized(wholes), (text) => {
        expectBounded(text, (body) => checkEvent(contract, body));
      }),
      { numRuns: 100 },
    );
  });

  test('the body that held a service for seconds', () => {
    const check = validator(contracts.PlaceOrder.schema);
    expectBounded(JSON.stringify({ customerId: `${'a'.repeat(65_000)}\u0000` }), (body) => {
      expect(check(body)).toContainEqual({ pointer: '/customerId', detail: 'must NOT have more than 64 characters' });
    });
  });

  test('a list of thousands of wrong things is one mistake', () => {
    const check = validator(contracts.PlaceOrder.schema);
    const items = Array.from({ length: 20_000 }, () => ({}));
    expect(check({ items })).toContainEqual({ pointer: '/items', detail: 'must NOT have more than 100 items' });
    expect(check({ items }).length).toBeLessThan(10);
  });
});
