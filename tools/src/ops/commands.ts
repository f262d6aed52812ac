import type { OpsCommand } from './command.js';
import { exportCommand } from './export.js';
import { reconcileCommand } from './reconcile.js';
import { cancelSaga, listSagas, showSaga } from './sagas.js';
import { verifyOrders } from './verify-orders.js';
import { whoami } from './whoami.js';

/** Every command of `npm run ops`, in the order of the help. */
export const opsCommands: readonly OpsCommand[] = [
  whoami,
  listSagas,
  showSaga,
  cancelSaga,
  verifyOrders,
  exportCommand,
  reconcileCommand(),
];
