import type { Variable } from '@quickstep/shared/config';
import { cell, code, markdownTable } from './files.js';

/** What can be set of one service besides what can be set of all. */
export interface ServiceSettings {
  readonly service: string;
  readonly port: number;
  readonly variables: readonly Variable<unknown>[];
}

/** Variables with meaning and default. */
export function settingsTable(variables: readonly Variable<unknown>[]): string {
  return markdownTable(
    ['variable', 'meaning', 'default'],
    variables.map(({ name, description, fallback }) => [
      code(name),
      cell(description),
      fallback === undefined ? '**must be set**' : fallback === '' ? '' : code(fallback),
    ]),
  );
}

const HEAD = `# Settings

Environment variables of the services. A wrong or missing one stops the start, and all of them are named at once.
An empty variable counts as not set. The operator's commands and \`npm start\` name theirs with \`--help\`; those of Compose are in [docker.md](../docker.md).
`;

/** Every setting of every service: first what all have, then what only one has. */
export function settingsPage(common: readonly Variable<unknown>[], services: readonly ServiceSettings[]): string {
  const ports = services.map(({ service, port }) => `${port} ${service}`).join(', ');
  const all = `## Every service\n\n\`PORT\` by default: ${ports}.\n\n${settingsTable(common)}\n`;
  const own = services
    .filter(({ variables }) => variables.length > 0)
    .map(({ service, variables }) => `## Only ${service}\n\n${settingsTable(variables)}\n`);
  return [HEAD, all, ...own].join('\n');
}
