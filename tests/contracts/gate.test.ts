import { describe, expect, test } from '@jest/globals';
import { operations } from '@quickstep/operations-service/choreography';
import { choreographies } from '@quickstep/system';
import { Type } from '@sinclair/typebox';
import { declaredIn } from '../../tools/src/contracts/declared.js';
import { describe as describeFinding, type Finding } from '../../tools/src/contracts/finding.js';
import { checkContracts, type GateOptions } from '../../tools/src/contracts/gate.js';
import { readRegistry } from '../../tools/src/contracts/registry.js';
import { rules } from '../../tools/src/contracts/rules.js';
import { judgeBy, type Witness, witnesses } from '../../tools/src/contracts/verdict.js';
import { root } from '../../tools/src/paths.js';
import { type Change, changes } from './changes.js';
import { mutantsOf } from './mutants.js';
import { changed, parcels, published } from './parcels.js';

/** `truck new /name`; a finding about nobody in particular is about both. */
function told({ consumer, direction, field }: Finding): string[] {
  const where = field === undefined ? '' : ` ${field}`;
  if (consumer === undefined) return ['truck', 'mail'].map((each) => `${each} tolerance${where}`);
  return [`${consumer.slice(0, -8)} ${direction === 'new reads old' ? 'new' : 'old'}${where}`];
}

function verdict({ before, now }: Change, options?: GateOptions): string[] {
  const found = checkContracts(before, now, options).filter(({ kind }) => kind === 'breaking');
  return [...new Set(found.flatMap(told))].sort();
}

test('the contracts of this checkout are published, and break nobody', () => {
  const found = checkContracts(readRegistry(`${root}/system/contracts`), declaredIn([...choreographies, operations]));
  expect(found.map(describeFinding).join('\n')).toBe('');
});

test('there are at least forty changes to judge', () => {
  expect(changes.length).toBeGreaterThanOrEqual(40);
  expect(new Set(changes.map(({ name }) => name)).size).toBe(changes.length);
});

test.each(changes.map((each) => [each.name, each] as const))('%s', (_, each) => {
  expect(verdict(each)).toEqual(each.breaks);
});

test('every finding names a way out', () => {
  const found = changes.flatMap(({ before, now }) => checkContracts(before, now));
  expect(found.length).toBeGreaterThan(60);
  for (const { wayOut, what } of found) expect([wayOut.length > 10, what.length > 5]).toEqual([true, true]);
});

test.each(Object.keys(rules))('without its rule %s the gate is wrong', (left) => {
  const others = Object.entries(rules).flatMap(([name, rule]) => (name === left ? [] : [rule]));
  const wrong = changes.filter((each) => String(verdict(each, { rules: others })) !== String(each.breaks));
  expect(wrong.map(({ name }) => name)).not.toEqual([]);
});

test.each([
  [
    '1.0 is published, and says something else',
    { ...changed({ more: Type.Optional(Type.String()) }), dataversion: '1.0' },
    parcels(),
  ],
  ['1.1 is not published', changed({ more: Type.Optional(Type.String()) }), parcels()],
  ['1.0 is older than 1.1, which is published', {}, parcels(changed({}))],
  ['are others than published', { consumers: ['truck'] }, parcels()],
] as const)('the registry does not know yet: %s', (what, now, before) => {
  const found = checkContracts(published(before), parcels(now)).filter(({ kind }) => kind === 'unpublished');
  expect(found.map((each) => each.what)).toContain(what);
});

describe('the witnesses', () => {
  const { keywords, library, generated } = witnesses;
  const disagreeing = (asked: readonly Witness[]) =>
    changes.filter((each) => String(verdict(each, { witnesses: asked })) !== String(each.breaks)).map(({ name }) => name);

  test('without the one that knows what nobody judges, something slips through', () => {
    expect(disagreeing([library, generated])).toContain('a keyword that nobody here knows');
  });

  test('the library and the made values come to the same, each without the other, but for changes of patterns', () => {
    expect(disagreeing([keywords, library])).toEqual([]);
    expect(disagreeing([keywords, generated])).toEqual(['widen a pattern', 'add a pattern']);
  });

  test('a library that is wrong is found out by the made values', () => {
    const wrong = changes.filter(({ breaks }) => breaks.some((each) => each.includes('/')));
    const credulous: Witness = () => undefined;
    const found = wrong.filter((each) => verdict(each, { witnesses: [credulous, generated] }).length > 0);
    expect(found.length).toBeGreaterThan(wrong.length * 0.8);
  });
});

/** Every published schema with one thing changed, and whether a reader with the change reads what was written without it. */
describe('a published contract with one thing changed is judged right', () => {
  const judge = judgeBy(Object.values(witnesses));
  const registry = readRegistry(`${root}/system/contracts`);

  test.each(registry.versions.map((each) => [`${each.type} ${each.dataversion}`, each.schema] as const))('%s', (_, schema) => {
    const mutants = mutantsOf(schema);
    expect(mutants.length).toBeGreaterThan(4);
    const verdicts = mutants.map(({ what, mutant }) => ({
      what,
      readsOld: judge(schema, mutant) === undefined,
      oldReads: judge(mutant, schema) === undefined,
    }));
    expect(verdicts).toEqual(mutants.map(({ what, readsOld, oldReads }) => ({ what, readsOld, oldReads })));
  });
});
