import { cell, code, markdownTable } from './files.js';
import { type SystemModel, servicesOf } from './model.js';

/** Every event of the system: who emits it, who consumes it, what it means. */
export function eventPage({ events }: SystemModel): string {
  const rows = events.map(({ contract, emissions, consumers }) => [
    code(contract.type),
    servicesOf(emissions.map(({ step }) => step)).join(', '),
    servicesOf(consumers).join(', '),
    cell(contract.description),
  ]);
  return `# Events\n\n${markdownTable(['event', 'emitted by', 'consumed by', 'meaning'], rows)}\n`;
}
