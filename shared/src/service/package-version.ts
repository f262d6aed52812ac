import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of a service's package. @param folder of its sources, or of what they were compiled to: beside `package.json` */
export function packageVersion(folder: string): string {
  const { version }: { readonly version: string } = JSON.parse(readFileSync(join(folder, '..', 'package.json'), 'utf8'));
  return version;
}
