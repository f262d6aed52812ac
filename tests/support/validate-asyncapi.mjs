// Reads an AsyncAPI document on standard input and says, a line each, what its official parser finds wrong with it.
import { text } from 'node:stream/consumers';
import { Parser } from '@asyncapi/parser';

const source = await text(process.stdin);
const diagnostics = await new Parser().validate(source);
for (const { severity, code, path, message } of diagnostics)
  process.stdout.write(`${severity} ${code} /${path.join('/')}: ${message}\n`);
