import { type FreshDatabase, freshDatabase } from './database.js';
import { freshVhost, type Vhost } from './vhost.js';

/** What a service needs to run in a test, all of it fresh: a virtual host, a database and the environment that names them. */
export interface Surroundings {
  readonly vhost: Vhost;
  readonly database: FreshDatabase;
  readonly env: NodeJS.ProcessEnv;
  drop(): Promise<void>;
}

/** The environment of a service in a test: whichever port is free, and short intervals where those of production would hold a test up. */
export function testEnvironment(rabbitmqUrl: string, postgresUrl: string): NodeJS.ProcessEnv {
  return {
    PORT: '0',
    RABBITMQ_URL: rabbitmqUrl,
    POSTGRES_URL: postgresUrl,
    LOG_LEVEL: 'error',
    RETRY_DELAYS_MS: '20,50,100',
    SWEEP_EVERY_MS: '100',
    // Longer than a confirm takes on a busy machine: what is published twice is parked twice, too.
    SWEEP_AFTER_MS: '2000',
    TIMERS_EVERY_MS: '50',
    // Failures are planted call by call: an open breaker would hold calls back for seconds. Its own tests set it lower.
    BREAKER_CALLS: '1000',
  };
}

export async function freshSurroundings(): Promise<Surroundings> {
  const [vhost, database] = await Promise.all([freshVhost(), freshDatabase()]);
  const drop = async () => void (await Promise.all([vhost.drop(), database.drop()]));
  return { vhost, database, env: testEnvironment(vhost.url, database.url), drop };
}
