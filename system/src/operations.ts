/**
 * The operator's service, which follows all others and therefore depends on this list. Launcher, Compose and documents take from here
 * what they must know of it.
 */
export const operations = { service: 'operations-service', port: 3000, database: 'quickstep_operations' } as const;
