import type { OpsCommand } from './command.js';
import { consoleCommand } from './console.js';
import {
  discardDeadLetters,
  groupDeadLetters,
  listDeadLetters,
  planDeadLetters,
  redriveDeadLetters,
  showDeadLetter,
} from './dead-letters.js';
import { editDeadLetter } from './edit-dead-letter.js';
import { exportCommand } from './export.js';
import { reconcileCommand } from './reconcile.js';
import { replayCommand } from './replay.js';
import { cancelSaga, listSagas, showSaga } from './sagas.js';
import { verifyOrders } from './verify-orders.js';
import { whoami } from './whoami.js';

/** Every command of `npm run ops`, in the order of the help. */
export const opsCommands: readonly OpsCommand[] = [
  whoami,
  consoleCommand,
  listSagas,
  showSaga,
  cancelSaga,
  listDeadLetters,
  groupDeadLetters,
  showDeadLetter,
  editDeadLetter,
  planDeadLetters,
  redriveDeadLetters,
  discardDeadLetters,
  replayCommand,
  verifyOrders,
  exportCommand,
  reconcileCommand(),
];
