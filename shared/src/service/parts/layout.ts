import type { LayoutWatch } from '../../messaging/index.js';
import { definitions } from '../../telemetry/index.js';
import type { Part } from '../part.js';

/** Brings back what is deleted at the broker while the service runs. */
export function layoutPart(watch: LayoutWatch): Part {
  return {
    name: 'layout',
    start: () => watch.start(),
    stop: () => watch.stop(),
    gauges: [{ ...definitions.parked, read: () => watch.parked() }],
  };
}
