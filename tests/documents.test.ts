import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emittedIn } from '@quickstep/shared/choreography';
import { choreographies, serviceNames } from '@quickstep/system';
import { type Documents, documents } from '@quickstep/system/documents';
import { describeDrift, driftIn, withParts, writeDocuments } from '../tools/src/documents/generated-files.js';

const root = resolve(__dirname, '..');
const generated = (path: string) => readFileSync(join(root, 'docs/generated', path), 'utf8');

/** In a process of its own: the official parser and the linter are ES modules, which the test runner cannot load. */
async function verdict(script: string, document: string): Promise<string> {
  const checker = spawn(process.execPath, [join(__dirname, 'support', script)], { stdio: 'pipe' });
  checker.stdin.end(document);
  const [found, failed] = await Promise.all([text(checker.stdout), text(checker.stderr)]);
  return found + failed;
}

let made: Documents;
beforeAll(async () => {
  made = await documents();
});

test('the committed documents say what the declarations say', async () => {
  expect(describeDrift(await driftIn(root))).toBe('');
});

test('the same declarations always give the same bytes', async () => {
  expect(await documents()).toEqual(made);
});

describe('drift', () => {
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'quickstep-documents-'));
    cpSync(join(root, 'README.md'), join(copy, 'README.md'));
    cpSync(join(root, 'docs'), join(copy, 'docs'), { recursive: true });
    cpSync(join(root, 'observability'), join(copy, 'observability'), { recursive: true });
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const wrong = [
    { file: 'README.md', what: 'differs' },
    { file: 'docs/generated/asyncapi.json', what: 'differs' },
    { file: 'docs/generated/services/order-service.md', what: 'is missing' },
    { file: 'docs/generated/endings/old.md', what: 'is generated no more' },
    { file: 'observability/prometheus/rules.yml', what: 'differs' },
  ] as const;

  test('is found, file by file, and told with the command that mends it', async () => {
    expect(await driftIn(copy)).toEqual([]);
    const readme = readFileSync(join(copy, 'README.md'), 'utf8');
    writeFileSync(join(copy, 'README.md'), readme.replace('order -->|"order.created"| inventory', 'order --> inventory'));
    writeFileSync(join(copy, 'docs/generated/asyncapi.json'), '{}');
    rmSync(join(copy, 'docs/generated/services/order-service.md'));
    writeFileSync(join(copy, 'docs/generated/endings/old.md'), '');
    writeFileSync(join(copy, 'observability/prometheus/rules.yml'), 'groups: []');
    const drift = await driftIn(copy);
    expect(drift).toHaveLength(wrong.length);
    expect(drift).toEqual(expect.arrayContaining([...wrong]));
    for (const { file, what } of wrong) expect(describeDrift(drift)).toContain(`${file} ${what}`);
    expect(describeDrift(drift)).toContain('npm run docs');
  });

  test('is mended by writing', async () => {
    await writeDocuments(copy);
    expect(await driftIn(copy)).toEqual([]);
  });

  test('a part of the README that lost its markers is named', () => {
    expect(() => withParts('no markers', made.readme, 'README.md')).toThrow(
      'README.md has no "<!-- generated: choreography -->"',
    );
  });
});

describe('the AsyncAPI document', () => {
  test('is valid, without a remark of the official parser', async () => {
    expect(await verdict('validate-asyncapi.mjs', generated('asyncapi.json'))).toBe('');
  });

  test('would not be, if an operation named a channel that is not there', async () => {
    const broken = generated('asyncapi.json').replace('"$ref": "#/channels/order_created"', '"$ref": "#/channels/order_made"');
    expect(await verdict('validate-asyncapi.mjs', broken)).toContain('order_made');
  });
});

test.each(serviceNames.map((name) => [`${name}-service`]))("the OpenAPI document of %s follows Redocly's rules", async (name) => {
  expect(await verdict('lint-openapi.mjs', generated(`openapi/${name}.json`))).toBe('');
});

describe('the page', () => {
  const page = generated('index.html');

  test('takes nothing from elsewhere and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\bon[a-z]+="|@import|url\((?!#)|src=/i);
  });

  test('has each id once, and every link within it leads somewhere', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id).filter((id) => !id?.startsWith('qs-'));
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
    const files = [...page.matchAll(/href="([^"#]+)"/g)].map(([, path = '']) => path);
    expect(files.filter((path) => !made.files.has(path))).toEqual([]);
  });
});

/** What needs more than one order, an old one, or a provider that contradicts itself; the simulation does that. */
const NEED_MORE = [
  'chargePayment.chargedTwice',
  'reverseCharge.reversed',
  'bookShipment.bookedTwice',
  'expireOrder.stuck',
  'putItem.created',
  'putItem.changed',
  'notifyCustomer.refused',
];

test('the sequence diagrams show every outcome that emits, but for those that one order cannot', () => {
  const shown = [...made.files].filter(([path]) => path.startsWith('endings/')).map(([, page]) => page.toLowerCase());
  const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const emitting = choreographies.flatMap(({ steps }) =>
    Object.entries(steps).flatMap(([step, { outcomes }]) =>
      Object.entries(outcomes).flatMap(([name, each]) => (emittedIn(each).length > 0 ? [{ step, name }] : [])),
    ),
  );
  const missing = emitting.filter(({ step, name }) => !shown.some((page) => page.includes(`${words(step)} → ${words(name)}\n`)));
  expect(missing.map(({ step, name }) => `${step}.${name}`).sort()).toEqual(
    NEED_MORE.filter((each) => emitting.some(({ step, name }) => each === `${step}.${name}`)).sort(),
  );
});
