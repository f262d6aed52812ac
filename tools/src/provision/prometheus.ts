import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Problem } from '../problem.js';
import { canInstallPackage, installPackage } from './rabbitmq-package.js';

/** Where Prometheus and its tool are. */
export interface Prometheus {
  readonly server: string;
  readonly promtool: string;
}

function find(): Prometheus | undefined {
  const on = (process.env.PATH ?? '').split(delimiter).find((path) => existsSync(join(path, 'prometheus')));
  return on === undefined ? undefined : { server: join(on, 'prometheus'), promtool: join(on, 'promtool') };
}

/** The installed one, or Debian's package, which is installed and not started. @throws Problem that says what to install */
export async function providePrometheus(directory: string): Promise<Prometheus> {
  const installed = find();
  if (installed !== undefined) return installed;
  if (canInstallPackage()) await installPackage(directory, 'prometheus');
  const fresh = find();
  if (fresh === undefined)
    throw new Problem('There is no Prometheus: install it (Debian: apt-get install prometheus), so that it is on PATH');
  return fresh;
}
