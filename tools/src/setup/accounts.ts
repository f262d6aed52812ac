import { join } from 'node:path';
import { provideSecret } from '../provision/secrets.js';
import { services } from '../services.js';

/** The passwords of one service, each in a file that only its user can read. */
export interface Account {
  readonly service: string;
  readonly database: string;
  readonly rabbitmq: { readonly file: string; readonly value: string };
  readonly postgres: { readonly file: string; readonly value: string };
}

/** The accounts of all services; passwords that are not there yet are made. @param folder with a folder for each service */
export function provideAccounts(folder: string): Account[] {
  return services.map(({ name, database }) => ({
    service: name,
    database,
    rabbitmq: provideSecret(join(folder, name, 'rabbitmq-password')),
    postgres: provideSecret(join(folder, name, 'postgres-password')),
  }));
}
