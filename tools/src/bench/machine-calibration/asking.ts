import { fork } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { eachEvent } from './events.js';

/** The process that hands out events, and tells its parent how many have come back in a second. Ends with it. */

/** On their way at once: enough that neither process waits for the other. */
const UNDER_WAY = 200;
/** Not counted: by then both processes have compiled what they run. */
const WARM_UP = 20_000;
const MEASURED_MS = 2_000;
const event = {
  specversion: '1.0',
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  type: 'order.created',
  source: '/order-service',
  subject: '01890a5d-ac96-774b-bcce-b302099a8058',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  data: {
    items: [1, 2, 3].map((number) => ({ sku: `SKU-00${number}`, quantity: number, unitPrice: 1_299, currency: 'EUR' })),
    shippingAddress: { name: 'Ada Lovelace', line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
    paymentMethod: 'pm_card_ok',
  },
};

let returned = 0;

function ask(socket: Socket): void {
  const send = eachEvent(socket, ({ id }) => {
    if (++returned === WARM_UP) measure();
    send({ ...event, id });
  });
  for (let sent = 0; sent < UNDER_WAY; sent++) send(event);
}

function measure(): void {
  const started = performance.now();
  setTimeout(() => process.send?.((returned - WARM_UP) / ((performance.now() - started) / 1_000)), MEASURED_MS);
}

const server = createServer(ask).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port to listen on');
  fork(join(__dirname, 'answering.js'), [String(address.port)]).once('exit', () => process.exit(1));
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole process group: the parent ends this one.
process.on('SIGINT', () => undefined);
