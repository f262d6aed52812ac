import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = resolve(__dirname, '..');
const SERVICE = 'notification-service';

/** Code blocks that begin with `// <file>, <where>`, without their indentation in a list. */
function snippets(): { file: string; where: string; code: string }[] {
  const blocks = readFileSync(join(root, 'README.md'), 'utf8').matchAll(
    /^ {3}```ts\n {3}\/\/ ([^\s,]+), ([^\n]+)\n([\s\S]*?)^ {3}```/gm,
  );
  return [...blocks].map(([, file = '', where = '', code = '']) => ({ file, where, code: code.replace(/^ {3}/gm, '') }));
}

let copy = '';
const inCopy = (file: string) => join(copy, file.slice(SERVICE.length + 1));

function apply({ file, where, code }: ReturnType<typeof snippets>[number]): void {
  const path = inCopy(file);
  if (where === 'a new file') writeFileSync(path, code);
  else if (where === 'at the end') appendFileSync(path, `\n${code}`);
  else if (where === 'a new entry') writeFileSync(path, readFileSync(path, 'utf8').replace(/\}\);\s*$/, `${code}});\n`));
  else throw new Error(`README: nobody knows where "${where}" is`);
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

test("the README's step does what it says, and touches no other place than it names", () => {
  const written = snippets();
  expect(written.map(({ file }) => dirname(file).slice(SERVICE.length + 1))).toEqual(['src', 'src/db', 'src/db', 'src/steps']);
  for (const each of written) apply(each);
  // Listed nowhere yet: the compiler asks for it.
  expect(compile()).toContain('countRefund');
  const index = inCopy(`${SERVICE}/src/steps/index.ts`);
  const listed = readFileSync(index, 'utf8').replace(/\}\);\s*$/, ', countRefund });\n');
  writeFileSync(index, `import { countRefund } from './count-refund.js';\n${listed}`);
  expect(compile()).toBe('');
  const script = `
    const { given, happened } = require('@quickstep/shared/testing');
    const { PaymentRefunded } = require('@quickstep/shared/contracts');
    const { countRefund } = require('./dist/steps/count-refund.js');
    const { RefundTotals } = require('./dist/db/tables.js');
    const refunded = (amount) => happened(PaymentRefunded({ orderId: '01890000-0000-7000-8000-000000000000', customerId: 'c', amount, currency: 'EUR', reason: 'r' }));
    const world = given();
    const ended = [world.when(countRefund, refunded(5)), world.when(countRefund, refunded(7))];
    console.log(JSON.stringify({ ended, rows: world.rows(RefundTotals) }));`;
  const printed = execFileSync(process.execPath, ['-e', script], { cwd: copy, encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual({
    ended: [
      { outcome: 'counted', events: [] },
      { outcome: 'counted', events: [] },
    ],
    rows: [{ currency: 'EUR', amount: 12 }],
  });
});
