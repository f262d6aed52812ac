import type { Projection } from '../projections/index.js';
import { flow } from './flow.js';
import { sagas } from './sagas.js';
import { sales } from './sales.js';

export { emittedBy, expectedAfter } from './expectations.js';
export { flow, minuteOf } from './flow.js';
export { ordersAt } from './orders.js';
export { findSaga, listSagas, readCustomer, readSales, type SagaFilter } from './queries.js';
export { type Saga, Sagas, sagas, type Waiting } from './sagas.js';
export { type Sale, Sales, sales } from './sales.js';
export { type PlannedFact, type TimelineFact, timelineOf } from './timeline.js';

/** Every projection that this service keeps. */
export const projections: readonly Projection[] = [sagas, sales, flow];
