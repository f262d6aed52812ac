import type { Route } from './data/router.js';

export interface ViewProps {
  readonly route: Route;
}
