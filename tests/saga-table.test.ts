import { describe, expect, test } from '@jest/globals';
import { type Choreography, consumedBy, emittedBy, misfitsOf, topologyOf } from '@quickstep/shared/choreography';
import { choreographies as services } from '@quickstep/system';

/** The saga as people tell it: who publishes each event, and who consumes it. */
const saga = `
  order.created                   | order             | inventory
  order.cancellation_requested    | order             | shipping
  order.completed                 | order             | notification
  order.cancelled                 | order             | notification
  order.stuck                     | order             |
  inventory.reserved              | inventory         | order, payment
  inventory.insufficient          | inventory         | order
  inventory.release               | payment           | inventory
  inventory.released              | inventory         | order
  inventory.item_changed          | inventory         | order
  payment.completed               | payment           | order, shipping
  payment.failed                  | payment           | order
  payment.refund                  | payment, shipping | payment
  payment.refunded                | payment           | notification, order
  payment.reversal                | payment           | payment
  shipping.shipped                | shipping          | inventory, order
  shipping.failed                 | shipping          | order
  shipping.cancellation_rejected  | shipping          | order
  shipping.recall                 | shipping          | shipping
  notification.sent               | notification      |
  notification.failed             | notification      |
`
  .trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** What undoes or prevents what. */
const compensations = [
  ['inventory-service', 'releaseStock', 'compensates', 'reserveStock'],
  ['payment-service', 'refundPayment', 'compensates', 'chargePayment'],
  ['payment-service', 'reverseCharge', 'compensates', 'chargePayment.chargedTwice'],
  ['shipping-service', 'cancelShipment', 'prevents', 'bookShipment'],
  ['shipping-service', 'recallShipment', 'compensates', 'bookShipment'],
];

const short = ({ service }: Choreography) => service.replace('-service', '');
const namesOf = (type: string, contractsOf: typeof emittedBy) =>
  services
    .filter((each) => contractsOf(each).some((contract) => contract.type === type))
    .map(short)
    .sort()
    .join(', ');

describe('the five declarations', () => {
  test('fit together: whatever is emitted is consumed, and the other way round', () => {
    expect(misfitsOf(services)).toEqual([]);
  });

  test('are the saga table, neither more nor less', () => {
    const types = [...new Set(services.flatMap((each) => [...emittedBy(each), ...consumedBy(each)]).map(({ type }) => type))];
    const declared = types.map((type) => [type, namesOf(type, emittedBy), namesOf(type, consumedBy)]);
    const byType = (a: string[], b: string[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
    expect(declared.sort(byType)).toEqual([...saga].sort(byType));
  });

  test('put each compensation beside the step that it undoes or prevents', () => {
    const declared = services.flatMap(({ service, steps }) =>
      Object.entries(steps).flatMap(([name, step]) =>
        (['compensates', 'prevents'] as const).flatMap((word) =>
          step.kind === 'event' && step[word] !== undefined ? [[service, name, word, step[word]]] : [],
        ),
      ),
    );
    expect(declared).toEqual(compensations);
  });

  test('let only final events go to nobody', () => {
    const final = services.flatMap(emittedBy).filter((contract) => contract.final);
    expect(final.map(({ type }) => type)).toEqual(['order.stuck', 'notification.sent', 'notification.failed']);
  });

  test('say for people what every event and every command means', () => {
    const contracts = services.flatMap((each) => [...emittedBy(each), ...consumedBy(each)]);
    const commands = services.flatMap(({ steps }) =>
      Object.values(steps).flatMap((step) => (step.kind === 'command' ? [step.command] : [])),
    );
    for (const { description } of [...contracts, ...commands]) expect(description).toMatch(/^[A-Z].{10,}\.$/);
  });
});

describe('the topology', () => {
  test.each(services.map((each) => [each.service, each] as const))(
    'of %s: one queue with its name, bound to exactly what its table row says',
    (service, declared) => {
      const { queue, deadLetterQueue, retryQueues, bindings, exchanges } = topologyOf(declared, [200, 5_000]);
      expect({ queue, deadLetterQueue }).toEqual({ queue: service, deadLetterQueue: `${service}.dead-letter` });
      expect(retryQueues).toEqual([
        { name: 'retry.200ms', delay: 200, bindingKey: '200ms.*', routingKey: `200ms.${service}` },
        { name: 'retry.5s', delay: 5_000, bindingKey: '5s.*', routingKey: `5s.${service}` },
      ]);
      const consumed = saga.flatMap(([type = '', , consumers = '']) => (consumers.includes(short(declared)) ? [type] : []));
      expect(bindings.map(({ routingKey }) => routingKey).sort()).toEqual(consumed.sort());
      for (const binding of bindings) {
        expect(binding).toEqual({
          queue: service,
          exchange: `${binding.routingKey.split('.')[0]}.events`,
          routingKey: binding.routingKey,
        });
      }
      const published = `${short(declared)}.events`;
      expect(exchanges).toEqual(
        [...new Set([...bindings.map(({ exchange }) => exchange), ...alsoPublishes(declared), published])].sort(),
      );
    },
  );

  test('has the five exchanges of the public contract', () => {
    expect([...new Set(services.flatMap((each) => topologyOf(each).exchanges))].sort()).toEqual([
      'inventory.events',
      'notification.events',
      'order.events',
      'payment.events',
      'shipping.events',
    ]);
  });

  function alsoPublishes(declared: Choreography): string[] {
    return saga.flatMap(([type = '', publishers = '']) =>
      publishers.split(', ').includes(short(declared)) ? [`${type.split('.')[0]}.events`] : [],
    );
  }
});
