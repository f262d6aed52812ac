import { dirname, join } from 'node:path';

/**
 * A module inside the kit, to take a design choice back in: the services have no switch for it, as nobody should run them so. Other
 * modules call it through its exports, and so get what is put there before they do.
 */
export function moduleOfKit<Module>(subpath: string, file: string): Module {
  return require(join(dirname(require.resolve(`@quickstep/shared/${subpath}`)), file));
}
