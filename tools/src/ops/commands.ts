import type { OpsCommand } from './command.js';
import { whoami } from './whoami.js';

/** Every command of `npm run ops`, in the order of the help. */
export const opsCommands: readonly OpsCommand[] = [whoami];
