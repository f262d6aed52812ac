import type { PanelDefinition } from './panels.js';

const WIDTH = 24;
const SIZES = { stat: { w: 6, h: 4 }, timeseries: { w: 12, h: 8 } };
const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };

/** Places panels from left to right, and begins a new line when one does not fit. */
function placed(panels: readonly PanelDefinition[]) {
  let [x, y, height] = [0, 0, 0];
  return panels.map((panel) => {
    const { w, h } = SIZES[panel.kind];
    if (x + w > WIDTH) [x, y, height] = [0, y + height, 0];
    const at = { x, y, w, h };
    x += w;
    height = Math.max(height, h);
    return { panel, at };
  });
}

/**
 * A dashboard in Grafana's classic JSON model (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/).
 * Two kinds of panels and one data source need some thirty of its properties: no library is needed to write them.
 */
export function dashboard(uid: string, title: string, panels: readonly PanelDefinition[]) {
  return {
    uid,
    title,
    tags: ['quickstep'],
    timezone: 'browser',
    schemaVersion: 39,
    editable: false,
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    panels: placed(panels).map(({ panel, at }, index) => ({
      id: index + 1,
      type: panel.kind,
      title: panel.title,
      description: panel.description,
      gridPos: at,
      datasource: DATASOURCE,
      fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
      targets: panel.queries.map(({ expr, legend }, query) => ({
        refId: String.fromCharCode('A'.charCodeAt(0) + query),
        datasource: DATASOURCE,
        expr,
        legendFormat: legend,
      })),
    })),
  };
}
