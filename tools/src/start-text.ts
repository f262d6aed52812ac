import { readFileSync } from 'node:fs';
import { consoleUrl } from './console-url.js';
import type { Servers } from './provision/index.js';
import { operationsService, portOf, reachableHost, type Service, serviceNamed, services } from './services.js';

export const help = `npm start -- [--data DIR] [--services DIR]

Starts RabbitMQ, PostgreSQL and the services, and puts the sample catalogue in.

  --data DIR       where data and logs are kept (default: .quickstep/start)
  --services DIR   the folder that contains the built services (default: this checkout)

Environment:
  RABBITMQ_URL, POSTGRES_URL     use these servers and start none
  RABBITMQ_MANAGEMENT_URL        the management API of that broker
  HOST                           address the services listen on (default: 127.0.0.1)
  ORDER_PORT, INVENTORY_PORT, PAYMENT_PORT, SHIPPING_PORT, NOTIFICATION_PORT, OPERATIONS_PORT
                                 port of one service (default: 3001 ... 3005, 3000)
  PORT_OFFSET                    moves all of these ports
  LOG_LEVEL                      of the services (default: info)
`;

export function serviceUrl(service: Service): string {
  return `http://${reachableHost()}:${portOf(service)}`;
}

const sampleOrder = {
  customerId: 'customer-1',
  items: [{ sku: 'SKU-001', quantity: 2 }],
  paymentMethod: 'pm_card_ok',
  shippingAddress: { name: 'Ada Lovelace', line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
  email: 'ada@example.com',
};

export function addresses({ managementUrl, managementLogin }: Partial<Servers> = {}): string {
  const lines = services.map(
    (service) => `  ${service.name.padEnd(21)} ${serviceUrl(service)}   ${serviceUrl(service)}/openapi.json`,
  );
  const login = managementLogin ? `   user ${managementLogin.user}, password: cat ${managementLogin.passwordFile}` : '';
  const broker = managementUrl ? [`  ${'RabbitMQ'.padEnd(21)} ${managementUrl}${login}`] : [];
  return [...lines, ...broker].join('\n');
}

export function invitation({ installationSecretFile }: Pick<Servers, 'installationSecretFile'>): string {
  const secret = readFileSync(installationSecretFile, 'utf8');
  const orders = `${serviceUrl(serviceNamed('order-service'))}/orders`;
  return [
    'The console, signed in as operator:',
    '',
    `  ${consoleUrl(serviceUrl(operationsService), secret, 'operator')}`,
    '',
    'Place an order:',
    '',
    `curl -s ${orders} -H 'content-type: application/json' -d '${JSON.stringify(sampleOrder)}'`,
    '',
    'or five, one shipped and four cancelled: npm run demo',
    'Ctrl-C stops everything.',
  ].join('\n');
}
