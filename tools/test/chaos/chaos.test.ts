import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { faults } from '../../src/chaos/faults/index.js';
import { normalFrom } from '../../src/chaos/flow.js';
import { help, readOptions } from '../../src/chaos/options.js';
import { cancelFrame, consumerTagOf, frameFilter, methods } from '../../src/chaos/proxy/amqp-frames.js';
import { merged, newRun, readRun, type Settings, writeRun } from '../../src/chaos/record.js';
import { kindsNamed, scheduleOf } from '../../src/chaos/schedule.js';
import { root } from '../../src/paths.js';
import { Problem } from '../../src/problem.js';

const names = ['order-service', 'payment-service', 'shipping-service'];
const SERVICES = { names, members: [...names, 'operations-service'] };

describe('the faults of a seed', () => {
  test('are the same each time, and others for another seed', () => {
    const first = scheduleOf(7, 100, faults, SERVICES);
    expect(scheduleOf(7, 100, faults, SERVICES)).toEqual(first);
    expect(scheduleOf(8, 100, faults, SERVICES)).not.toEqual(first);
    expect(first.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  test('are of each kind once before any comes again, and strike each service before any again', () => {
    const planned = scheduleOf(1, faults.length * 12, faults, SERVICES);
    for (let turn = 0; turn < 12; turn++) {
      const kinds = planned.slice(turn * faults.length, (turn + 1) * faults.length).map(({ kind }) => kind);
      expect([...kinds].sort()).toEqual(faults.map(({ name }) => name).sort());
    }
    const struck = (name: string, times: number) =>
      planned.filter(({ kind }) => kind === name).flatMap(({ target }, index) => (index < times ? [target] : []));
    expect(struck('service-killed', 4).sort()).toEqual([...SERVICES.members].sort());
    expect(struck('queue-deleted', 3).sort()).toEqual(names);
    expect(struck('queue-deleted', 12)).not.toContain('operations-service');
  });

  test('of every kind have been run: the page has a line for each', () => {
    const page = readFileSync(join(root, 'docs', 'chaos.md'), 'utf8');
    expect(faults.map(({ name }) => name).filter((name) => !page.includes(`| ${name} |`))).toEqual([]);
  });

  test('have names of their own, of which one that is unknown is named', () => {
    expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
    expect(faults.length).toBeGreaterThanOrEqual(16);
    expect(() => kindsNamed(['broker-cut', 'broker-eaten'], faults)).toThrow(
      /no fault called broker-eaten\. There are: service-/,
    );
  });
});

describe('the flow is normal again', () => {
  const steady = (from: number, to: number) => Array.from({ length: (to - from) / 100 }, (_, index) => from + index * 100);

  test('at once when it never stopped', () => {
    expect(normalFrom(steady(0, 5_000), 2_000, 10)).toBe(2_000);
  });

  test('with the first of many, not with a few stragglers', () => {
    expect(normalFrom([2_100, 2_200, 2_300, ...steady(6_000, 8_000)], 2_000, 10)).toBe(6_000);
  });

  test('not before enough has been seen', () => {
    expect(normalFrom([...steady(0, 2_000), 2_100, 2_200], 2_000, 10)).toBeUndefined();
  });
});

test('frames are cut out of a stream however it is split, and one may be left out', () => {
  const cancel = cancelFrame(3, 'order-service-1');
  const stream = Buffer.concat([Buffer.from('AMQP\0\0\u0009\u0001', 'latin1'), cancel, cancelFrame(4, 'another')]);
  for (const size of [1, 7, 19, stream.length]) {
    const seen: string[] = [];
    const filter = frameFilter((frame) => {
      expect(frame.method).toBe(methods.cancel);
      seen.push(`${frame.channel} ${consumerTagOf(frame)}`);
      return frame.channel === 3 ? frame.bytes : undefined;
    });
    const passed: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) passed.push(filter(stream.subarray(at, at + size)) ?? Buffer.alloc(0));
    expect(seen).toEqual(['3 order-service-1', '4 another']);
    expect(Buffer.concat(passed)).toEqual(Buffer.concat([Buffer.from('AMQP\0\0\u0009\u0001', 'latin1'), cancel]));
  }
});

describe('the record of a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quickstep-record-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const settings: Settings = {
    ...{ seed: 1, faults: 10, kinds: [], orders: 100, rate: 10, replicas: 1, nodes: 1 },
    against: undefined,
  };

  test('is resumed with the settings that it was begun with, and no others', () => {
    const file = join(folder, 'run.json');
    expect(() => readRun(file, settings)).toThrow(/no run in .*run\.json/);
    writeRun(file, newRun(file, settings));
    expect(readRun(file, settings).settings).toMatchObject({ seed: 1, faults: 10 });
    expect(() => readRun(file, { ...settings, rate: 20 })).toThrow(/rate was 10, not 20/);
  });

  test('is joined with others, parts counted on', () => {
    const machine = { date: '', commit: 'abc', node: '24', servers: '', machine: '' };
    const run = { ...newRun(join(folder, 'none.json'), settings), parts: [{ part: 1, ...machine }] };
    expect(merged([run, run]).parts.map(({ part }) => part)).toEqual([1, 2]);
  });

  test('is kept when a new one of the same name begins', () => {
    const file = join(folder, 'run.json');
    writeRun(file, newRun(file, settings));
    expect(readdirSync(folder).sort()).toEqual(['run.json', 'run.json.before']);
  });
});

describe('the options', () => {
  test('that are unknown, or no numbers, are named without a stack', () => {
    expect(() => readOptions(['--sead', '2'])).toThrow(Problem);
    expect(() => readOptions(['--sead', '2'])).toThrow(/--sead/);
    expect(() => readOptions(['--faults', 'many'])).toThrow(/--faults must be a whole number from 1 up, not "many"/);
  });

  test('--help and --list print a text', () => {
    expect(readOptions(['--help'])).toBe(help);
    expect(
      String(readOptions(['--list']))
        .trim()
        .split('\n'),
    ).toHaveLength(faults.length);
  });
});
