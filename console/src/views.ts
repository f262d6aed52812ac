import type { ComponentType } from 'preact';
import type { ViewProps } from './view.js';
import { EventsView } from './views/events.js';
import { LateView } from './views/late.js';
import { MapView } from './views/map.js';
import { OrdersView } from './views/orders.js';

export interface View {
  /** The first word of its path. */
  readonly path: string;
  readonly title: string;
  readonly component: ComponentType<ViewProps>;
}

/** In the order of the navigation. */
export const views: readonly View[] = [
  { path: 'map', title: 'Map', component: MapView },
  { path: 'orders', title: 'Orders', component: OrdersView },
  { path: 'late', title: 'Stuck and late', component: LateView },
  { path: 'events', title: 'Events', component: EventsView },
];
