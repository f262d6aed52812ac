import type { ComponentType } from 'preact';
import type { ViewProps } from './view.js';
import { MapView } from './views/map.js';

export interface View {
  /** The first word of its path. */
  readonly path: string;
  readonly title: string;
  readonly component: ComponentType<ViewProps>;
}

/** In the order of the navigation. */
export const views: readonly View[] = [{ path: 'map', title: 'Map', component: MapView }];
