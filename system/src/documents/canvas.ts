import {
  DEFAULT_RETRY_DELAYS,
  delayName,
  detailsOf,
  emittedIn,
  type OutcomeDeclaration,
  reactsTo,
  retryOf,
  topologyOf,
} from '@quickstep/shared/choreography';
import { columnName, type Table } from '@quickstep/shared/rows';
import { cell, code, markdownTable } from './files.js';
import { type EventModel, inWords, type ServiceModel, type StepModel, type SystemModel, servicesOf } from './model.js';
import { settingsTable } from './settings-page.js';

/** What sets a step off. */
export function causesOf({ declared }: StepModel): string[] {
  if (declared.kind === 'command') return ['a request'];
  if (declared.kind === 'timer') return [declared.timer];
  return reactsTo(declared).map(({ type }) => type);
}

/** What must have happened for an outcome to be possible. */
function whenOf(outcome: OutcomeDeclaration): string {
  const { on = [], after = [], fails, pointOfNoReturn } = detailsOf(outcome);
  const events = on.map(({ type }) => type);
  const before = [after].flat().map(inWords);
  return [
    ...(events.length === 0 ? [] : [`on ${events.join(', ')}`]),
    ...(before.length === 0 ? [] : [`after ${before.join(' or ')}`]),
    ...(fails === true ? ['a failure'] : []),
    ...(pointOfNoReturn === true ? ['the point of no return'] : []),
  ].join('; ');
}

/** How a step may end: a line for each outcome and refusal. */
export function endsOf({
  declared,
}: StepModel): { readonly name: string; readonly emits: readonly string[]; readonly when: string }[] {
  const outcomes = Object.entries(declared.outcomes).map(([name, each]) => ({
    name: inWords(name),
    emits: emittedIn(each).map(({ type }) => type),
    when: whenOf(each),
  }));
  const refusals = declared.kind === 'command' ? Object.entries(declared.refusals ?? {}) : [];
  return [...outcomes, ...refusals.map(([name, { when }]) => ({ name, emits: [], when: `refused: ${when}` }))];
}

/** What is particular about a step. */
export function traitsOf({ declared }: StepModel): string[] {
  const undoes = declared.kind === 'event' ? declared.compensates : undefined;
  const prevents = declared.kind === 'event' ? declared.prevents : undefined;
  return [
    ...(declared.kind === 'observer' ? ['only observes'] : []),
    ...(declared.effect === undefined ? [] : [`calls the ${declared.effect}`]),
    ...(undoes === undefined ? [] : [`compensates ${inWords(undoes)}`]),
    ...(prevents === undefined ? [] : [`prevents ${inWords(prevents)}`]),
    ...(declared.uncompensated === undefined ? [] : [`not undone: ${declared.uncompensated}`]),
  ];
}

export const effectsOf = ({ steps }: ServiceModel) => [...new Set(steps.flatMap(({ declared }) => declared.effect ?? []))];

export const columnsOf = ({ columns }: Table) =>
  Object.entries(columns).map(([property, { type, nullable, key }]) => ({
    column: columnName(property),
    type,
    note: key ? 'key' : nullable ? 'may be null' : '',
  }));

export const consumedIn = ({ name }: ServiceModel, events: readonly EventModel[]) =>
  events.filter(({ consumers }) => servicesOf(consumers).includes(name));
export const emittedBy = ({ name }: ServiceModel, events: readonly EventModel[]) =>
  events.filter(({ emissions }) => servicesOf(emissions.map(({ step }) => step)).includes(name));

function eventTable(events: readonly EventModel[]): string {
  return markdownTable(
    ['event', 'meaning'],
    events.map(({ contract }) => [code(contract.type), cell(contract.description)]),
  );
}

function stepTable(steps: readonly StepModel[]): string {
  return markdownTable(
    ['step', 'set off by', 'outcome', 'emits'],
    steps.flatMap((step) =>
      endsOf(step).map(({ name, emits, when }, index) => [
        index === 0
          ? `**${inWords(step.name)}**${traitsOf(step)
              .map((each) => `<br>${each}`)
              .join('')}`
          : '',
        index === 0
          ? causesOf(step)
              .map((each) => (each.includes('.') ? code(each) : each))
              .join('<br>')
          : '',
        when === '' ? name : `${name} (${cell(when)})`,
        emits.map(code).join(', '),
      ]),
    ),
  );
}

/** How what failed is tried again, with the waits that are shipped. */
function retryTable(steps: readonly StepModel[]): string {
  const reacting = steps.filter(({ declared }) => declared.kind === 'event' || declared.kind === 'observer');
  return markdownTable(
    ['step', 'attempts after the first', 'waits', 'next shorter or longer one'],
    reacting.map(({ name, declared }) => {
      const { delays, limit, endless, jitter } = retryOf(declared, DEFAULT_RETRY_DELAYS);
      const attempts = endless ? 'until it succeeds' : `${limit}, then it is parked`;
      return [inWords(name), attempts, delays.map(delayName).join(', '), `${Math.round(jitter * 100)} % of the waits`];
    }),
  );
}

/** One page about a service: what a reader must know before touching it. */
export function canvas(service: ServiceModel, { events, variables, metrics }: SystemModel): string {
  const { choreography, description, port, database, steps, tables, routes } = service;
  const { queue, deadLetterQueue } = topologyOf(choreography);
  const effects = effectsOf(service);
  const sections: [string, string][] = [
    ['Consumes', eventTable(consumedIn(service, events))],
    ['Emits', eventTable(emittedBy(service, events))],
    ['Steps', stepTable(steps)],
    ['Effects', effects.map((each) => `- ${each}`).join('\n')],
    ['Retries', retryTable(steps)],
    [
      'Routes',
      markdownTable(
        ['route', 'what it is for'],
        routes.map(({ method, path, summary }) => [code(`${method.toUpperCase()} ${path}`), cell(summary)]),
      ),
    ],
    ...tables.map((table): [string, string] => [
      `Table ${code(table.name)}`,
      markdownTable(
        ['column', 'type', ''],
        columnsOf(table).map(({ column, type, note }) => [code(column), type, note]),
      ),
    ]),
    [
      'Settings',
      settingsTable([
        ...service.variables,
        ...variables.map((each) => (each.name === 'PORT' ? { ...each, fallback: `${port}` } : each)),
      ]),
    ],
    [
      'Metrics',
      markdownTable(
        ['metric', 'meaning', 'labels'],
        [...service.metrics, ...metrics].map(({ name, help, labelNames = [] }) => [
          code(name),
          cell(help),
          labelNames.map(code).join(', '),
        ]),
      ),
    ],
  ];
  const facts = [
    `- Port ${port}, database \`${database}\`, [OpenAPI](../openapi/${choreography.service}.json)`,
    `- Queue \`${queue}\`; what cannot succeed is parked in \`${deadLetterQueue}\``,
  ];
  const filled = sections.filter(([, text]) => text !== '').map(([title, text]) => `## ${title}\n\n${text}\n`);
  return `# ${choreography.service}\n\n${description}.\n\n${facts.join('\n')}\n\n${filled.join('\n')}`;
}
