/**
 * The broker said no and will say no again until somebody changes something; the message says what. Anything else that goes
 * wrong with the broker is tried again.
 */
export class BrokerRefused extends Error {
  override readonly name = 'BrokerRefused';
}
