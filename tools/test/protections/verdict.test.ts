import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { protections } from '../../src/protections/list.js';
import { baselineProblem, changedProblem, failedTests, type TestRun, without } from '../../src/protections/verdict.js';

const root = join(__dirname, '../../..');
const [protection] = protections;
if (protection === undefined) throw new Error('The list is empty');
const short = { ...protection, search: 'guard();', replacement: '$&' };

const run = (counts: Partial<TestRun>): TestRun => ({
  numPassedTests: 1,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
  ...counts,
});

test.each(protections.map((each) => [each.name, each] as const))('%s: its code and its test are there', (_, each) => {
  const text = readFileSync(join(root, each.file), 'utf8');
  expect(without(each, text)).not.toBe(text);
  expect(readFileSync(join(root, each.test), 'utf8')).toContain('expect(');
});

test('each has a name of its own', () => {
  expect(new Set(protections.map(({ name }) => name)).size).toBe(protections.length);
});

describe('what is to be replaced', () => {
  test('is replaced as it stands, whatever signs are in it', () => {
    expect(without(short, 'a(); guard(); b();')).toBe('a(); $& b();');
  });

  test.each([
    ['a();', 0],
    ['guard(); guard();', 2],
  ])('is missed in "%s", which has it %s times', (text, times) => {
    expect(() => without(short, text)).toThrow(`"inbox": the text to replace occurs ${times} times in ${short.file}, not once`);
  });
});

describe('a test', () => {
  const assertionResults = [
    { status: 'failed', fullName: 'the one' },
    { status: 'passed', fullName: 'the other' },
  ];
  const red = run({ numFailedTests: 1, testResults: [{ assertionResults }] });

  test('that stays green without the protection shows nothing', () => {
    expect(changedProblem(run({}))).toContain('stays green');
    expect(changedProblem(red)).toBeUndefined();
    expect(failedTests(red)).toEqual(['the one']);
  });

  test('that cannot be loaded any more shows nothing either', () => {
    expect(changedProblem(run({ numFailedTests: 1, numRuntimeErrorTestSuites: 1 }))).toContain('could not be loaded');
  });

  test('must pass as it is', () => {
    expect(baselineProblem(run({}))).toBeUndefined();
    expect(baselineProblem(red)).toContain('fails without any change: the one');
    expect(baselineProblem(run({ numRuntimeErrorTestSuites: 1 }))).toBe('cannot be loaded');
    expect(baselineProblem(run({ numPassedTests: 0 }))).toBe('has no tests');
  });
});
