import { topologyOf } from '@quickstep/shared/choreography';
import type { Variable } from '@quickstep/shared/config';
import type { MetricDefinition } from '@quickstep/shared/telemetry';
import { causesOf, columnsOf, endsOf, traitsOf } from '../canvas.js';
import { inWords, type ServiceModel, type StepModel, type SystemModel } from '../model.js';
import { codeOf, details, escaped, eventLink, table, tag } from './html.js';

function stepRow(step: StepModel): string[] {
  const traits = traitsOf(step).map((each) => `<br/>${tag('span', escaped(each), { class: 'soft' })}`);
  const causes = causesOf(step).map((each) => (each.includes('.') ? eventLink(each) : escaped(each)));
  const ends = endsOf(step).map(({ name, emits: types, when }) => {
    const emits = types.length === 0 ? '' : ` → ${types.map(eventLink).join(', ')}`;
    return `${escaped(name)}${when === '' ? '' : ` ${tag('span', escaped(when), { class: 'soft' })}`}${emits}`;
  });
  return [tag('strong', escaped(inWords(step.name))) + traits.join(''), causes.join('<br/>'), ends.join('<br/>')];
}

const variableTable = (variables: readonly Variable<unknown>[]) =>
  table(
    ['variable', 'meaning', 'default'],
    variables.map(({ name, description, fallback }) => [
      codeOf(name),
      escaped(description),
      fallback === undefined ? tag('strong', 'must be set') : fallback === '' ? '' : codeOf(fallback),
    ]),
  );

const metricTable = (metrics: readonly MetricDefinition[]) =>
  table(
    ['metric', 'meaning', 'labels'],
    metrics.map(({ name, help, labelNames = [] }) => [codeOf(name), escaped(help), labelNames.map(codeOf).join(' ')]),
  );

function serviceArticle(service: ServiceModel): string {
  const { name, choreography, description, port, database, tables, routes, variables, metrics } = service;
  const { queue, deadLetterQueue } = topologyOf(choreography);
  const part = (title: string, content: string) => (content === '' ? '' : tag('h3', title) + content);
  const columns = tables.map(
    (each) =>
      tag('p', codeOf(each.name)) +
      table(
        ['column', 'type', ''],
        columnsOf(each).map(({ column, type, note }) => [codeOf(column), escaped(type), escaped(note)]),
      ),
  );
  const routeRows = routes.map(({ method, path, summary }) => [codeOf(`${method.toUpperCase()} ${path}`), escaped(summary)]);
  const content = [
    tag('h3', escaped(choreography.service)),
    tag(
      'p',
      `${escaped(description)}. Port ${port}, database ${codeOf(database)}, queue ${codeOf(queue)}, parked messages in ${codeOf(deadLetterQueue)}.`,
    ),
    table(['step', 'set off by', 'outcomes, and what they emit'], service.steps.map(stepRow)),
    part('Routes', table(['route', 'what it is for'], routeRows)),
    tag(
      'p',
      `All of it: ${tag('a', 'OpenAPI 3.1', { href: `openapi/${choreography.service}.json` })}, ${tag('a', 'canvas', { href: `services/${choreography.service}.md` })}.`,
    ),
    details(
      `tables-${name}`,
      `Tables ${tag('span', tables.map((each) => codeOf(each.name)).join(' '), { class: 'soft' })}`,
      columns.join(''),
    ),
    part('Settings of its own', variableTable(variables)),
    part('Metrics of its own', metricTable(metrics)),
  ];
  return tag('article', content.join(''), { class: 'service', id: `service-${name}`, style: `--c:var(--${name})` });
}

export function servicesSection({ services }: SystemModel): string {
  return tag('h2', 'Services', { id: 'services' }) + services.map(serviceArticle).join('');
}

export function operationSection({ variables, metrics }: SystemModel): string {
  return [
    tag('h2', 'Settings and metrics', { id: 'operation' }),
    tag('p', 'What every service has. Times are in milliseconds where the name says so; metrics are in seconds.'),
    details(
      'settings',
      `Settings ${tag('span', `${variables.length} environment variables`, { class: 'soft' })}`,
      variableTable(variables),
    ),
    details('metrics', `Metrics ${tag('span', `${metrics.length} of them`, { class: 'soft' })}`, metricTable(metrics)),
  ].join('');
}
