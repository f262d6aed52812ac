/** Its own, as orders go on without that service. */
export const OPERATIONS_JOB = 'quickstep-operations';

/** Where to scrape, and how often. */
export interface ScrapeOptions {
  readonly interval: string;
  readonly ruleFiles: readonly string[];
  /** `host:port` of the services. */
  readonly services: readonly string[];
  /** `host:port` of the operations service. */
  readonly operations: string;
  /** `host:port` of RabbitMQ's own Prometheus plugin. */
  readonly broker: string;
  readonly vhost: string;
}

/** Queue by queue, of one virtual host (https://www.rabbitmq.com/docs/prometheus#detailed-endpoint). */
const DETAILS = { path: '/metrics/detailed', families: ['queue_coarse_metrics', 'queue_consumer_count'] };

export function prometheusConfig({ interval, ruleFiles, services, operations, broker, vhost }: ScrapeOptions) {
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: ruleFiles,
    scrape_configs: [
      { job_name: 'quickstep', static_configs: [{ targets: services }] },
      { job_name: OPERATIONS_JOB, static_configs: [{ targets: [operations] }] },
      {
        job_name: 'rabbitmq',
        metrics_path: DETAILS.path,
        params: { family: DETAILS.families, vhost: [vhost] },
        static_configs: [{ targets: [broker] }],
      },
    ],
  };
}
