// Reads an OpenAPI document on standard input and says, a line each, what Redocly's recommended rules find wrong with it.
import { text } from 'node:stream/consumers';
import { createConfig, lintFromString } from '@redocly/openapi-core';

const config = await createConfig({ extends: ['recommended'] });
const source = await text(process.stdin);
for (const { severity, ruleId, message, location } of await lintFromString({ source, absoluteRef: 'openapi.json', config })) {
  process.stdout.write(`${severity} ${ruleId} ${location[0]?.pointer}: ${message}\n`);
}
