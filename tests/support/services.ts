import { type Connections, type Running, type ServiceName, services } from '@quickstep/system';

export { type Connections, type Running, type ServiceName, serviceNames } from '@quickstep/system';

/** Starts a service in this process. */
export function startHere(name: ServiceName, env: NodeJS.ProcessEnv, connections: Connections = {}): Promise<Running> {
  return services[name].start(env, connections);
}
