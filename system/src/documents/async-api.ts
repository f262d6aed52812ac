import { eventSchema, exchangeOf } from '@quickstep/shared/events';
import { type EventModel, type ServiceModel, type SystemModel, servicesOf } from './model.js';

type Json = Readonly<Record<string, unknown>>;

const ref = (path: string) => ({ $ref: `#/${path}` });

/** A name that may stand in a reference. */
const keyOf = (type: string) => type.replace('.', '_');

function channel({ contract }: EventModel): Json {
  const exchange = { name: exchangeOf(contract.type), type: 'topic', durable: true, autoDelete: false };
  return {
    address: contract.type,
    title: contract.type,
    description: contract.description,
    servers: [ref('servers/rabbitmq')],
    messages: { [keyOf(contract.type)]: ref(`components/messages/${keyOf(contract.type)}`) },
    bindings: { amqp: { is: 'routingKey', exchange, bindingVersion: '0.3.0' } },
  };
}

function message({ contract }: EventModel): Json {
  return {
    name: contract.type,
    title: contract.type,
    summary: contract.description,
    contentType: 'application/cloudevents+json',
    correlationId: { description: 'One per saga', location: '$message.payload#/correlationid' },
    payload: ref(`components/schemas/${keyOf(contract.type)}`),
    bindings: { amqp: { contentEncoding: 'utf-8', messageType: contract.type, bindingVersion: '0.3.0' } },
    'x-dataversion': contract.dataversion,
  };
}

type Operations = [name: string, operation: Json][];

function operation(action: 'send' | 'receive', { contract }: EventModel, service: ServiceModel, steps: readonly string[]): Json {
  const { type } = contract;
  const { service: queue } = service.choreography;
  const verb = action === 'send' ? 'emits' : 'consumes';
  const amqp = action === 'send' ? { deliveryMode: 2, mandatory: !contract.final } : { ack: true };
  return {
    action,
    title: `${queue} ${verb} ${type}`,
    ...(action === 'receive' ? { description: `From the queue \`${queue}\`.` } : {}),
    channel: ref(`channels/${keyOf(type)}`),
    messages: [ref(`channels/${keyOf(type)}/messages/${keyOf(type)}`)],
    tags: [{ name: queue }],
    bindings: { amqp: { ...amqp, bindingVersion: '0.3.0' } },
    'x-steps': steps,
  };
}

function operationsOf(event: EventModel, services: readonly ServiceModel[]): Operations {
  const key = keyOf(event.contract.type);
  const emitting = event.emissions.map(({ step }) => step);
  const named = (all: typeof emitting, name: string) => [
    ...new Set(all.filter(({ service }) => service === name).map((step) => step.name)),
  ];
  return services.flatMap((service): Operations => {
    const { name } = service;
    const sends: Operations = servicesOf(emitting).includes(name)
      ? [[`${name}_sends_${key}`, operation('send', event, service, named(emitting, name))]]
      : [];
    const receives: Operations = servicesOf(event.consumers).includes(name)
      ? [[`${name}_receives_${key}`, operation('receive', event, service, named([...event.consumers], name))]]
      : [];
    return [...sends, ...receives];
  });
}

function byKey<Value>(events: readonly EventModel[], make: (event: EventModel) => Value): Readonly<Record<string, Value>> {
  return Object.fromEntries(events.map((event) => [keyOf(event.contract.type), make(event)]));
}

/** Derives the AsyncAPI 3 document of the whole system (https://www.asyncapi.com/docs/reference/specification/v3.1.0). */
export function asyncApi({ events, services }: SystemModel): Json {
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Quickstep',
      version: '1.0.0',
      description:
        'Every event of the order saga: a CloudEvents 1.0 document in structured JSON mode. Exchanges are named after the first word of the type; the routing key is the type.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      tags: services.map(({ choreography, description }) => ({ name: choreography.service, description })),
    },
    id: 'urn:quickstep',
    defaultContentType: 'application/cloudevents+json',
    servers: {
      rabbitmq: {
        host: '127.0.0.1:5672',
        protocol: 'amqp',
        protocolVersion: '0.9.1',
        description: 'The broker, as a service is told it in RABBITMQ_URL',
      },
    },
    channels: byKey(events, channel),
    operations: Object.fromEntries(events.flatMap((event) => operationsOf(event, services))),
    components: {
      messages: byKey(events, message),
      schemas: byKey(events, ({ contract }) => eventSchema(contract)),
    },
  };
}
