import { type Alert, alerts, type Timing } from './alerts.js';

/** Prometheus' alerting rules (https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/). */
export function rules(timing: Timing) {
  return {
    groups: [
      {
        name: 'quickstep',
        rules: alerts.map((alert) => ({
          alert: alert.name,
          expr: alert.expr(timing),
          for: timing.hold ?? alert.hold,
          labels: { severity: alert.severity },
          annotations: { summary: alert.summary, description: alert.remedy },
        })),
      },
    ],
  };
}

/** Late enough for every alert to have held long enough. */
const AT = '15m';

function unitTest(name: string, series: readonly string[], look: { readonly expr: string; readonly names: readonly string[] }) {
  const input = series.map((each) => {
    const at = each.lastIndexOf(' ');
    return { series: each.slice(0, at), values: each.slice(at + 1) };
  });
  // Other labels of what fires are the expression's business.
  const samples = look.names.map((each) => ({ labels: `{alertname="${each}"}`, value: 1 }));
  return {
    name,
    interval: '1m',
    input_series: input,
    promql_expr_test: [{ expr: `count by (alertname) (${look.expr})`, eval_time: AT, exp_samples: samples }],
  };
}

/** It and only it fires, with those that its example is one of, too. */
const fires = ({ name, example, together = [] }: Alert) =>
  unitTest(`only ${[name, ...together].join(' and ')} fires`, example.fires, {
    expr: 'ALERTS{alertstate="firing"}',
    names: [name, ...together],
  });

const isSilent = ({ name, example }: Alert) =>
  unitTest(`${name} is silent`, example.silent, { expr: `ALERTS{alertname="${name}",alertstate="firing"}`, names: [] });

/** The rules' tests for `promtool test rules`: each alert fires in its example and no other does, and it is silent in the other. */
export function ruleTests(ruleFile: string) {
  return {
    rule_files: [ruleFile],
    evaluation_interval: '1m',
    tests: alerts.flatMap((alert) => [fires(alert), isSilent(alert)]),
  };
}
