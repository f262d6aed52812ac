import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file that only its user can read, with a value made once for this installation. */
export interface Secret {
  readonly file: string;
  /** 256 random bits, in letters that need no escaping in a URL. */
  readonly value: string;
}

export type SecretName =
  | 'postgres-administrator'
  | 'postgres-services'
  | 'rabbitmq-administrator'
  | 'rabbitmq-services'
  | 'installation-secret';

/** The secret of this name that belongs to the data in `directory`; made when there is none. */
export function secretOf(directory: string, name: SecretName): Secret {
  return provideSecret(join(directory, 'secrets', name));
}

/** Of several processes that make it at once, one wins; the file is never seen unfinished. */
export function provideSecret(file: string): Secret {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, randomBytes(32).toString('base64url'), { mode: 0o600 });
  try {
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished);
  }
  return { file, value: readFileSync(file, 'utf8') };
}
