import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { operations as operationsSteps } from '@quickstep/operations-service/choreography';
import { misfitsOf, topologyOf } from '@quickstep/shared/choreography';
import { choreographies, operations, serviceNames, serviceOf, services } from '@quickstep/system';
import { holders } from '@quickstep/system/rights';
import { parse } from 'yaml';

const root = join(__dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const json = (file: string) => JSON.parse(read(file));

describe('the list of services', () => {
  test('fits together', () => expect(misfitsOf(choreographies)).toEqual([]));

  test('gives each its own port and database', () => {
    for (const property of ['port', 'database'] as const) {
      const values = serviceNames.map((name) => services[name][property]);
      expect(new Set(values).size).toBe(serviceNames.length);
    }
  });

  test('finds a service by either name, and says which there are', () => {
    expect(serviceOf('payment-service')).toBe(serviceOf('payment'));
    expect(() => serviceOf('fraud-service')).toThrow('There is no service "fraud-service"; there are order, inventory');
  });
});

/** Places that cannot read the list are compared with it. */
const listed = [
  ...serviceNames.map((name) => [`${name}-service`, services[name]] as const),
  ['operations-service', { ...operations, choreography: operationsSteps }] as const,
];

describe.each(listed)('%s is in', (folder, { port, database, choreography }) => {
  test('its own declaration, by the name of its folder', () => expect(choreography.service).toBe(folder));

  test('the workspaces', () => expect(json('package.json').workspaces).toContain(folder));

  test('what the compiler builds', () => {
    const built = ({ references }: { references: { path: string }[] }) => references.map(({ path }) => path);
    expect(built(json('tsconfig.json'))).toContain(folder);
  });

  test('the image', () => expect(read('Dockerfile')).toContain(`COPY ${folder}/package.json ${folder}/\n`));

  test('the containers, with its port and database', () => {
    expect(parse(read('docker-compose.yml'), { merge: true }).services[folder]).toMatchObject({
      command: [`${folder}/dist/main.js`],
      environment: { PORT: port, POSTGRES_URL: `postgres://${folder}@postgres:5432/${database}` },
    });
  });

  test('the README', () => expect(read('README.md')).toMatch(new RegExp(`\\b${folder.replace('-service', '')}\\b`)));
});

test.each(serviceNames.map((name) => [`${name}-service`]))('%s can be imported by the list', (folder) => {
  expect(json('system/tsconfig.json').references).toContainEqual({ path: `../${folder}` });
  expect(json('system/package.json').dependencies).toHaveProperty(`@quickstep/${folder}`);
});

test("the operator's service has the rights of its own declaration", () => {
  const known = holders().find(({ topology }) => topology.queue === operations.service);
  expect(known?.topology).toEqual(topologyOf(operationsSteps));
});

test('nothing else counts the services up', () => {
  const folders = [...json('package.json').workspaces].filter((each: string) => each.endsWith('-service'));
  expect(folders.sort()).toEqual(listed.map(([folder]) => folder).sort());
});
