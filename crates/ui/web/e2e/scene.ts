// A server in which something happens: a host, a service, a target that is down, alerts.

import { Flyball, Target } from "./server";

export interface Scene {
  readonly server: Flyball;
  readonly target: Target;
  readonly end: () => Promise<void>;
}

const METRICS = `# HELP shop_orders_total Orders.
# TYPE shop_orders_total counter
shop_orders_total{kind="book"} 12
shop_orders_total{kind="toy"} 7
# HELP shop_queue_length Orders that wait.
# TYPE shop_queue_length gauge
shop_queue_length 3
`;

const RULES = `groups:
- name: shop
  rules:
  - record: shop:orders:rate1m
    expr: sum by (kind) (rate(shop_orders_total[1m]))
  - alert: ShopQueueLong
    expr: shop_queue_length > 2
    labels: {severity: high}
    annotations: {summary: "Orders wait for too long", remediation: "Start more workers"}
  - alert: ShopSoon
    expr: shop_queue_length > 2
    for: 1h
    labels: {severity: low}
`;

const CONFIG = `global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
- job_name: shop
  static_configs: [{targets: ['TARGET']}]
- job_name: gone
  static_configs: [{targets: ['127.0.0.1:9']}]
`;

/** Starts it and waits until everything in it has happened; `boards`: a folder of dashboards. */
export async function scene(flags: readonly string[] = [], boards = ""): Promise<Scene> {
  const target = await Target.start(METRICS);
  const server = await Flyball.start({
    files: {
      "flyball.yml": `version: 1\nprometheus: prometheus.yml\ncollect: {host: {enabled: true}}\n${boards && `dashboards: [${boards}]\n`}`,
      "prometheus.yml": CONFIG.replace("TARGET", target.address),
      "rules.yml": RULES,
    },
    flags: ["--config.file=flyball.yml", ...flags],
  });
  await server.hasSeries('ALERTS{alertname="ShopQueueLong",alertstate="firing"}');
  await server.hasSeries('up{job="gone"} == 0');
  await server.hasSeries("node_load1");
  return {
    server,
    target,
    end: async () => {
      target.stop();
      await server.remove();
    },
  };
}

/** A server that measures nothing. */
export function empty(): Promise<Flyball> {
  const files = { "flyball.yml": "version: 1\ncollect: {host: {enabled: false}}\n" };
  return Flyball.start({ files, flags: ["--config.file=flyball.yml"] });
}
