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

function unitTest({ name }: Alert, series: readonly string[], firing: boolean) {
  const input = series.map((each) => {
    const at = each.lastIndexOf(' ');
    return { series: each.slice(0, at), values: each.slice(at + 1) };
  });
  // Labels of what fires are the expression's business: how many alerts of this name fire is looked at instead.
  const expr = `count(ALERTS{alertname="${name}",alertstate="firing"})`;
  const samples = firing ? [{ labels: '{}', value: 1 }] : [];
  return {
    name: `${name} ${firing ? 'fires' : 'is silent'}`,
    interval: '1m',
    input_series: input,
    promql_expr_test: [{ expr, eval_time: AT, exp_samples: samples }],
  };
}

/** The rules' tests for `promtool test rules`: each alert fires in its example, and is silent in the other. */
export function ruleTests(ruleFile: string) {
  return {
    rule_files: [ruleFile],
    evaluation_interval: '1m',
    tests: alerts.flatMap((alert) => [unitTest(alert, alert.example.fires, true), unitTest(alert, alert.example.silent, false)]),
  };
}
