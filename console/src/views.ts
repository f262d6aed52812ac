import type { ComponentType } from 'preact';
import type { ViewProps } from './view.js';
import { AnalyticsView } from './views/analytics.js';
import { CustomerView } from './views/customer.js';
import { EventsView } from './views/events.js';
import { LateView } from './views/late.js';
import { MapView } from './views/map.js';
import { OrdersView } from './views/orders.js';
import { ServicesView } from './views/services.js';

export interface View {
  /** The first word of its path. */
  readonly path: string;
  readonly title: string;
  readonly component: ComponentType<ViewProps>;
  /** Reached from other views only. */
  readonly unlisted?: true;
}

/** In the order of the navigation. */
export const views: readonly View[] = [
  { path: 'map', title: 'Map', component: MapView },
  { path: 'orders', title: 'Orders', component: OrdersView },
  { path: 'late', title: 'Stuck and late', component: LateView },
  { path: 'services', title: 'Services', component: ServicesView },
  { path: 'analytics', title: 'Analytics', component: AnalyticsView },
  { path: 'events', title: 'Events', component: EventsView },
  { path: 'customers', title: 'Customer', component: CustomerView, unlisted: true },
];
