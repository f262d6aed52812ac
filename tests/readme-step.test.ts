import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = resolve(__dirname, '..');
const SERVICE = 'notification-service';

/** Where the step is written down: the README has the declaration and the step, the guide what a table of its own needs besides. */
const README = 'README.md';
const GUIDE = 'docs/adding-a-step.md';

interface Snippet {
  readonly file: string;
  readonly where: string;
  readonly code: string;
}

const pageOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** Code blocks that begin with `// <file>` or `// <file>, <where>`. */
function snippets(page: string): Snippet[] {
  const blocks = pageOf(page).matchAll(/^```ts\n\/\/ (\S+-service\/[^\s,]+)(?:, ([^\n]+))?\n([\s\S]*?)^```/gm);
  return [...blocks].map(([, file = '', where = '', code = '']) => ({ file, where, code }));
}

let copy = '';
const inCopy = (file: string) => join(copy, file.slice(SERVICE.length + 1));

function apply({ file, where, code }: Snippet): void {
  const path = inCopy(file);
  if (where === 'a new file') writeFileSync(path, code);
  else if (where === 'at the end') appendFileSync(path, `\n${code}`);
  else if (where === 'a new entry') writeFileSync(path, readFileSync(path, 'utf8').replace(/\}\);\s*$/, `${code}});\n`));
  else throw new Error(`${file}: nobody knows where "${where}" is`);
}

/** Type-checks and compiles the copy, as the service's own build does. */
function compile(): string {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', join(copy, 'tsconfig.json')], { encoding: 'utf8' }).stdout;
}

beforeAll(() => {
  // Beside the services, so that it finds the packages that they find.
  copy = mkdtempSync(join(root, '.readme-step-'));
  cpSync(join(root, SERVICE, 'src'), join(copy, 'src'), { recursive: true });
  const options = { composite: false, rootDir: 'src', outDir: 'dist', noUnusedLocals: false };
  writeFileSync(
    join(copy, 'tsconfig.json'),
    JSON.stringify({ extends: '../tsconfig.base.json', compilerOptions: options, include: ['src'] }),
  );
  writeFileSync(join(copy, 'package.json'), '{}');
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** In `src`, as the section of the README names them. */
function placesInReadme(): string[] {
  const [, section = ''] = /^### Add a step\n([\s\S]*?)^### /m.exec(pageOf(README)) ?? [];
  const named = [...section.matchAll(/(?:`|\/\/ notification-service\/)src\/([\w./-]+\.ts)/g)].map(([, file = '']) => file);
  return [...new Set(named)].sort();
}

/** In a list of the service, before what ends it. */
function list(file: string, entry: string, end: RegExp, imported: string): string {
  const path = inCopy(`${SERVICE}/${file}`);
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(end);
  writeFileSync(path, `${imported}\n${text.replace(end, (found) => `${entry}${found}`)}`);
  return file.slice('src/'.length);
}

test('what the README shows of the services is what stands there', () => {
  const shown = snippets(README).filter(({ where }) => where === '');
  expect(shown).toHaveLength(2);
  for (const { file, code } of shown) expect(readFileSync(join(root, file), 'utf8')).toContain(code);
});

test("the README's step does what it says, and touches no other place than it names", () => {
  const written = [...snippets(README).filter(({ where }) => where !== ''), ...snippets(GUIDE)];
  expect(written.map(({ file }) => dirname(file).slice(SERVICE.length + 1)).sort()).toEqual([
    'src',
    'src/db',
    'src/db',
    'src/steps',
  ]);
  for (const each of written) apply(each);
  // Listed nowhere yet: the compiler asks for it.
  expect(compile()).toContain('keepRefund');
  const listed = [
    list('src/steps/index.ts', ', keepRefund', /\]\);\s*$/, "import { keepRefund } from './keep-refund.js';"),
    list('src/service.ts', ', Refunds', /(?<=tables: \[Notifications)\]/, "import { Refunds } from './db/tables.js';"),
    list(
      'src/service.ts',
      ', CreateRefunds1760000000002',
      /(?<=migrations: \[CreateNotifications1760000000001)\]/,
      "import { CreateRefunds1760000000002 } from './db/migrations.js';",
    ),
  ];
  expect(compile()).toBe('');
  const touched = [...written.map(({ file }) => file.slice(`${SERVICE}/src/`.length)), ...listed];
  expect([...new Set(touched)].sort()).toEqual(placesInReadme());
  const script = `
    const { given, happened } = require('@quickstep/shared/testing');
    const { PaymentRefunded } = require('@quickstep/shared/contracts');
    const { keepRefund } = require('./dist/steps/keep-refund.js');
    const { Refunds } = require('./dist/db/tables.js');
    const orderId = '01890000-0000-7000-8000-000000000000';
    const refunded = (amount) => happened(PaymentRefunded({ orderId, customerId: 'c', amount, currency: 'EUR', reason: 'r' }));
    const world = given();
    const ended = [world.when(keepRefund, refunded(0)), world.when(keepRefund, refunded(5)), world.when(keepRefund, refunded(5))];
    console.log(JSON.stringify({ ended, rows: world.rows(Refunds) }));`;
  const printed = execFileSync(process.execPath, ['-e', script], { cwd: copy, encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual({
    ended: [
      { outcome: 'kept', events: [] },
      { outcome: 'kept', events: [] },
      { outcome: 'repeated', events: [] },
    ],
    rows: [{ orderId: '01890000-0000-7000-8000-000000000000', amount: 5, currency: 'EUR' }],
  });
});
