export { apiDocumentOf, neededBy, type ServiceDescription } from './description.js';
export { type Host, runMain, type Stoppable } from './main.js';
export { newId } from './new-id.js';
export { packageVersion } from './package-version.js';
export type { Part, ServiceGauge } from './part.js';
export type { Adapter, Resources } from './resources.js';
export {
  type RunningService,
  type ServiceContext,
  type ServiceOptions,
  startService,
} from './service.js';
export { StartError } from './start-error.js';
