import { exchangeOf } from '@quickstep/shared/events';
import { fieldsOf } from '../fields.js';
import { type EventModel, inWords, type SystemModel, servicesOf } from '../model.js';
import { codeOf, details, escaped, serviceChip, table, tag } from './html.js';

function fieldTable({ contract }: EventModel): string {
  const rows = fieldsOf(contract.schema).map(({ path, type, required, limits, description }) => [
    codeOf(path),
    escaped(required ? type : `${type}, optional`),
    [description, limits]
      .filter((each) => each !== '')
      .map(escaped)
      .join(tag('span', ' · ', { class: 'soft' })),
  ]);
  return table(['field of data', 'type', 'meaning and limits'], rows);
}

function eventDetails(event: EventModel): string {
  const { contract, emissions, consumers } = event;
  const summary = [codeOf(contract.type), tag('span', escaped(contract.description), { class: 'soft' })].join('');
  const by = emissions.map(
    ({ step, outcome }) => `${serviceChip(step.service)} ${escaped(`${inWords(step.name)}: ${inWords(outcome)}`)}`,
  );
  const to = consumers.map((step) => `${serviceChip(step.service)} ${escaped(inWords(step.name))}`);
  const nobody = contract.final ? 'nobody waits for it' : 'nobody';
  const facts = table(
    ['emitted by', 'consumed by', 'version', 'exchange', 'about'],
    [
      [
        by.join('<br/>'),
        to.join('<br/>') || nobody,
        escaped(contract.dataversion),
        codeOf(exchangeOf(contract.type)),
        codeOf(contract.subject),
      ],
    ],
  );
  return details(`event-${contract.type}`, summary, facts + fieldTable(event));
}

export function eventsSection({ events, services }: SystemModel): string {
  const groups = services.map(({ name }) => {
    const own = events.filter(({ contract }) => contract.type.startsWith(`${name}.`));
    return tag('h3', serviceChip(name)) + own.map(eventDetails).join('');
  });
  const emitters = new Set(events.flatMap(({ emissions }) => servicesOf(emissions.map(({ step }) => step))));
  return [
    tag('h2', 'Events', { id: 'events' }),
    tag(
      'p',
      `${events.length} types, emitted by ${emitters.size} services. Each is a CloudEvents 1.0 document; below is what its ${codeOf('data')} holds. The same as ${tag('a', 'AsyncAPI 3', { href: 'asyncapi.json' })}.`,
    ),
    ...groups,
  ].join('');
}
