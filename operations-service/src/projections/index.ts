export { applyEvents, type ProjectedRows, readEvents } from './apply.js';
export type { Generation } from './generations.js';
export { Projections1760000000002 } from './migration.js';
export { projectionMetrics, projectionsPart } from './part.js';
export { type Projection, type ProjectionTable, projection } from './projection.js';
export { type ProjectionState, Projections } from './projections.js';
