// A server on a busy day, for pictures: a shop with its databases, an hour of history, alerts of several
// teams, receivers that work and one that does not, silences, dashboards of others.

import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CONFORMANCE } from "./node_history";
import { everyPanel } from "./panel_types";
import { type Exemplar, push, type Pushed } from "./remote_write";
import { Flyball, until } from "./server";
import {
  chance,
  counter,
  gauge,
  parse,
  render,
  type Sample,
  waving,
  type WavingSeries,
} from "./waves";

const HISTORY_MS = 4_200_000;
const STEP_MS = 15_000;
const HOST_STEP_MS = 5_000;

export interface PictureScene {
  readonly server: Flyball;
  readonly end: () => Promise<void>;
}

/** Services by path of their metrics: job and what they say. */
interface Service {
  readonly job: string;
  readonly instance: string;
  readonly series: readonly WavingSeries[];
  readonly heads: string;
}

export async function pictureScene(): Promise<PictureScene> {
  const services = [...shops(), ...databases()];
  const world = await World.start(services);
  const begunMs = Date.now();
  const server = await Flyball.start({
    files: {
      "flyball.yml": FLYBALL,
      "prometheus.yml": scrapes(world, services),
      "alertmanager.yml": alerting(world.address),
      "shop.rules.yml": SHOP_RULES,
      "host.rules.yml": HOST_RULES,
    },
    flags: ["--config.file=flyball.yml", "--web.enable-remote-write-receiver"],
  });
  for (const { job } of services) await server.hasSeries(`up{job="${job}"} == 1`);
  await server.hasSeries("node_load1");
  await server.hasSeries('scrape_samples_scraped{job="flyball"}');
  await remember(server, services, begunMs);
  await tell(server);
  await until("a message that is given up", async () => {
    const path = "api/flyball/v1/alerts/dead-letters";
    const { data } = await get<{ data: { deadLetters: unknown[] } }>(server, path);
    return data.deadLetters.length > 0 ? true : undefined;
  });
  return {
    server,
    end: async () => {
      world.stop();
      await server.remove();
    },
  };
}

async function get<T>(server: Flyball, path: string): Promise<T> {
  const answer = await fetch(new URL(path, server.url));
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function send<T>(server: Flyball, path: string, body: unknown, method = "POST"): Promise<T> {
  const answer = await fetch(new URL(path, server.url), {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Serves the metrics of all services, and takes notifications. */
class World {
  private constructor(private readonly http: HttpServer) {}

  static async start(services: readonly Service[]): Promise<World> {
    const http = createServer((request, response) => {
      const path = request.url ?? "/";
      const service = services.find(({ job, instance }) => path === `/${job}/${instance}`);
      request.resume();
      if (service) {
        response.setHeader("content-type", "text/plain; version=0.0.4");
        response.end(service.heads + render(service.series, Date.now()));
      } else if (path.startsWith("/told")) {
        response.end("ok");
      } else {
        response.statusCode = path.startsWith("/pager") ? 403 : 404;
        response.end("the key of the integration was revoked");
      }
    });
    // Longer than the pauses between two scrapes.
    http.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    return new World(http);
  }

  get address(): string {
    return `127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.http.close();
    this.http.closeAllConnections();
  }
}

/** Web servers with requests by path and status, and how long they took. */
function shops(): Service[] {
  const paths: readonly (readonly [string, number])[] = [
    ["/", 42],
    ["/cart", 11],
    ["/checkout", 3],
    ["/search", 19],
  ];
  const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
  const heads = `# HELP http_requests_total Requests that were answered.
# TYPE http_requests_total counter
# HELP http_request_duration_seconds How long answers took.
# TYPE http_request_duration_seconds histogram
# HELP shop_carts_open Carts that somebody fills.
# TYPE shop_carts_open gauge
# HELP shop_orders_total Orders.
# TYPE shop_orders_total counter
`;
  const now = Date.now();
  return ["web-1", "web-2", "web-3"].map((instance, at) => {
    const series: WavingSeries[] = [
      gauge({ __name__: "shop_carts_open" }, 130 + 20 * at, 0.3),
      counter({ __name__: "shop_orders_total", kind: "book" }, 90_000, 1.4, now),
      counter({ __name__: "shop_orders_total", kind: "toy" }, 31_000, 0.6, now),
    ];
    for (const [path, rate] of paths) {
      const shares = { 200: 0.982, 404: 0.012, 500: path === "/checkout" ? 0.06 : 0.001 };
      for (const [status, share] of Object.entries(shares)) {
        const labels = { __name__: "http_requests_total", method: "GET", path, status };
        const wave = `${instance}${path}`;
        series.push(counter({ ...labels, wave }, 1e6 * share, rate * share, now));
      }
      // The third server is slower than the others: how long most requests take depends on its share.
      const middle = (path === "/checkout" ? 5.2 : 3.1) + (at === 2 ? 1.1 : 0);
      for (const [i, le] of [...bounds.map(String), "+Inf"].entries()) {
        const share = 1 / (1 + Math.exp(1.4 * (middle - i)));
        const labels = { __name__: "http_request_duration_seconds_bucket", path, le };
        const part = le === "+Inf" ? 1 : share;
        series.push(
          counter({ ...labels, wave: `${instance}${path}` }, 1e6 * part, rate * part, now),
        );
      }
    }
    return { job: "shop", instance, series, heads };
  });
}

/** What exporters of databases once said. */
function databases(): Service[] {
  const kinds = [
    ["postgres", "db-1", "postgres.txt"],
    ["redis", "cache-1", "redis.txt"],
    ["nginx", "edge-1", "nginx.txt"],
  ] as const;
  return kinds.flatMap(([job, instance, file]) => {
    const path = join(CONFORMANCE, "exposition", file);
    if (!existsSync(path)) return [];
    const page = readFileSync(path, "utf8");
    const heads = page.split("\n").filter((line) => line.startsWith("#"));
    const series = parse(page).map((sample) => waving(busier(sample), Date.now()));
    return [{ job, instance, series, heads: `${heads.join("\n")}\n` }];
  });
}

/** A database that somebody uses. */
function busier(sample: Sample): Sample {
  const factor = sample.isCounter ? 86_400 * (1 + (sample.value % 7)) : 1;
  const isTraffic = /_(?:total|xact_\w+|blks_\w+|tup_\w+|accepted|handled)$/.test(
    sample.labels.__name__ ?? "",
  );
  if (!isTraffic || sample.value <= 0) return sample;
  // Nobody handles more connections than came.
  const isNginx = sample.labels.__name__?.startsWith("nginx_") ?? false;
  const labels = isNginx ? { ...sample.labels, wave: "nginx" } : sample.labels;
  return { ...sample, labels, value: sample.value * factor };
}

const FLYBALL = `version: 1
prometheus: prometheus.yml
alertmanager: alertmanager.yml
collect: {host: {interval: 5s}}
`;

function scrapes(world: World, services: readonly Service[]): string {
  const jobs = [...new Set(services.map(({ job }) => job))].map((job) => {
    const hosts = services.filter((one) => one.job === job).map(({ instance }) => instance);
    return `- job_name: ${job}
  static_configs:
  - targets: [${hosts.join(", ")}]
    labels: {team: ${job === "shop" ? "web" : "db"}, __meta_zone: eu-1}
  - targets: [old-${job}]
    labels: {__meta_state: retired}
  relabel_configs:
  - {source_labels: [__meta_state], regex: retired, action: drop}
  - {source_labels: [__address__], target_label: instance}
  - {source_labels: [__address__], regex: '(.+)', target_label: __metrics_path__, replacement: '/${job}/$1'}
  - {source_labels: [__meta_zone], regex: '(\\w+)-(\\d+)', target_label: zone, replacement: '$1$2'}
  - {target_label: __address__, replacement: '${world.address}'}
`;
  });
  return `global: {scrape_interval: 15s, scrape_timeout: 5s, evaluation_interval: 5s}
storage: {tsdb: {out_of_order_time_window: 26h}}
rule_files: ['*.rules.yml']
scrape_configs:
${jobs.join("")}- job_name: mail
  static_configs:
  - targets: ['127.0.0.1:9']
    labels: {team: web}
- job_name: flyball
  static_configs: [{targets: ['127.0.0.1:9']}]
  relabel_configs: [{action: drop, source_labels: [__address__], regex: '.*'}]
`;
}

const SHOP_RULES = `groups:
- name: shop
  rules:
  - record: shop:orders:rate5m
    expr: sum by (kind) (rate(shop_orders_total[5m]))
  - record: shop:errors:ratio5m
    expr: >
      sum by (path) (rate(http_requests_total{job="shop",status="500"}[5m]))
        / sum by (path) (rate(http_requests_total{job="shop"}[5m]))
  - alert: CheckoutFails
    expr: shop:errors:ratio5m{path="/checkout"} > 0.02
    labels: {severity: critical, team: web}
    annotations:
      summary: '{{ $value | humanizePercentage }} of the requests to {{ $labels.path }} fail'
      description: Customers cannot pay. The payment service answers with errors or too late.
      remediation: Look at the log of the payment service; roll its last release back.
      runbook_url: https://runbooks.example.org/checkout
  - alert: ManyCarts
    expr: shop_carts_open > 50
    for: 2h
    labels: {severity: low, team: web}
    annotations: {summary: 'More carts than usual on {{ $labels.instance }}'}
- name: mail
  rules:
  - alert: MailDown
    expr: up{job="mail"} == 0
    labels: {severity: high, team: web}
    annotations:
      summary: Nobody gets a receipt
      remediation: Start the mail server again
`;

const HOST_RULES = `groups:
- name: hosts
  interval: 30s
  rules:
  - record: instance:cpu:busy
    expr: 1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))
  - alert: HostBusy
    expr: instance:cpu:busy > 0.98
    for: 10m
    labels: {severity: low, team: ops}
    annotations: {summary: 'The processors of {{ $labels.instance }} are busy'}
  - alert: DiskFull
    expr: node_filesystem_avail_bytes / node_filesystem_size_bytes < 0.02
    for: 15m
    labels: {severity: high, team: ops}
    annotations: {summary: '{{ $labels.mountpoint }} of {{ $labels.instance }} is full'}
`;

function alerting(address: string): string {
  return `global: {resolve_timeout: 5m}
route:
  receiver: everyone
  group_by: [alertname, team]
  group_wait: 1s
  group_interval: 10s
  repeat_interval: 4h
  routes:
  - matchers: [severity="critical"]
    receiver: pager
    group_wait: 0s
    continue: true
  - matchers: [team="db"]
    receiver: databases
    routes:
    - matchers: [severity=~"info|low"]
      receiver: nobody
  - matchers: [team=~"web|shop"]
    receiver: web
    mute_time_intervals: [nights, weekends]
  - matchers: [severity="info"]
    receiver: nobody
receivers:
- name: everyone
  webhook_configs: [{url: 'http://${address}/told/everyone'}]
- name: pager
  webhook_configs:
  - {url: 'http://${address}/pager'}
- name: databases
  webhook_configs: [{url: 'http://${address}/told/databases'}]
  email_configs: [{to: dba@example.org, from: flyball@example.org, smarthost: '127.0.0.1:9'}]
- name: web
  slack_configs: [{api_url: 'http://${address}/told/slack', channel: '#web'}]
- name: nobody
inhibit_rules:
- source_matchers: [alertname="DatabaseDown"]
  target_matchers: [team="db", severity=~"low|medium"]
  equal: [instance]
time_intervals:
- name: nights
  time_intervals: [{times: [{start_time: '00:00', end_time: '05:00'}]}]
- name: weekends
  time_intervals: [{weekdays: [saturday], times: [{start_time: '00:00', end_time: '00:01'}]}]
`;
}

/** Pushes the past of everything that is measured. */
async function remember(
  server: Flyball,
  services: readonly Service[],
  begunMs: number,
): Promise<void> {
  const now = Date.now();
  const pushed: Pushed[] = services.flatMap(({ job, instance, series }) => {
    const own = { job, instance, team: job === "shop" ? "web" : "db", zone: "eu1" };
    const times = past(begunMs - STEP_MS, STEP_MS);
    const up = { labels: { __name__: "up" }, at: () => 1 };
    return [...series, up].map(({ labels, at }) => ({
      labels: { ...labels, ...own },
      samples: times.map((time) => [time, at(time)] as const),
      exemplars: slow(labels, times),
    }));
  });
  for (const [job, step] of [
    ["node", HOST_STEP_MS],
    ["flyball", STEP_MS],
  ] as const) {
    pushed.push(...(await pastOf(server, job, step)));
  }
  pushed.push(...trouble(now));
  await push(server, pushed);
}

/** Now and then a request whose trace was kept, in the buckets of slow ones. */
function slow(labels: Readonly<Record<string, string>>, times: readonly number[]): Exemplar[] {
  const upTo = Number(labels.le);
  if (labels.__name__ !== "http_request_duration_seconds_bucket" || !(upTo >= 0.25)) return [];
  return times
    .map((timeMs) => ({ timeMs, by: chance(`${timeMs}${JSON.stringify(labels)}`) }))
    .filter(({ by }) => by < 0.02 && Number.isFinite(upTo))
    .map(({ timeMs, by }) => ({
      timeMs,
      value: upTo * (0.5 + 20 * by),
      labels: {
        trace_id: Math.floor(by * 2 ** 52)
          .toString(16)
          .padStart(32, "4bf92f3577b34da6"),
      },
    }));
}

interface Matrix {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
}

/** What may have been before what a job measured first. */
async function pastOf(server: Flyball, job: string, stepMs: number): Promise<Pushed[]> {
  const query = encodeURIComponent(`{job="${job}"}[3m]`);
  const { data } = await get<Matrix>(server, `api/v1/query?query=${query}`);
  const known = await get<{ data: Record<string, { type: string }[]> }>(server, "api/v1/metadata");
  return data.result.flatMap(({ metric, values: [[seconds, text] = [0, ""]] }): Pushed[] => {
    const name = metric.__name__ ?? "";
    const isCounter =
      known.data[name]?.[0]?.type === "counter" || /_(?:total|bucket|sum|count)$/.test(name);
    const [value, first] = [Number(text), seconds * 1000];
    if (!Number.isFinite(value)) return [];
    const series =
      name === "node_cpu_seconds_total"
        ? processor(metric, value, first)
        : waving({ labels: metric, value, isCounter }, first);
    const times = past(first - stepMs, stepMs);
    return [{ labels: metric, samples: times.map((time) => [time, series.at(time)] as const) }];
  });
}

/** Instants up to an end. */
function past(endMs: number, stepMs: number): number[] {
  return Array.from(
    { length: Math.floor(HISTORY_MS / stepMs) },
    (_none, i) => endMs - i * stepMs,
  ).reverse();
}

const MODES: Readonly<Record<string, number>> = {
  user: 0.22,
  system: 0.07,
  iowait: 0.015,
  softirq: 0.008,
};

/** Modes of a processor share its time. */
function processor(
  labels: Readonly<Record<string, string>>,
  value: number,
  nowMs: number,
): WavingSeries {
  const { cpu = "", mode = "" } = labels;
  const of = (name: string, share: number): WavingSeries =>
    counter({ wave: `${cpu}${name}` }, 0, share, nowMs);
  if (mode !== "idle") {
    const part = of(mode, MODES[mode] ?? 0);
    return { labels, at: (time) => value + part.at(time) };
  }
  const others = Object.entries(MODES).map(([name, share]) => of(name, share));
  const at = (time: number): number => {
    const busy = others.reduce((sum, one) => sum + one.at(time), 0);
    return value - (nowMs - time) / 1000 - busy;
  };
  return { labels, at };
}

/** Alerts of the last day. */
function trouble(nowMs: number): Pushed[] {
  const hour = 3_600_000;
  const fired: readonly (readonly [Readonly<Record<string, string>>, number, number])[] = [
    [
      { alertname: "CheckoutFails", path: "/checkout", severity: "critical", team: "web" },
      5.2,
      4.6,
    ],
    [
      { alertname: "CheckoutFails", path: "/checkout", severity: "critical", team: "web" },
      0.8,
      0.01,
    ],
    [
      {
        alertname: "MailDown",
        job: "mail",
        instance: "127.0.0.1:9",
        severity: "high",
        team: "web",
      },
      1.6,
      0.01,
    ],
    [{ alertname: "HostBusy", instance: "web-2", severity: "low", team: "ops" }, 3.4, 2.9],
    [
      {
        alertname: "DiskFull",
        instance: "db-1",
        mountpoint: "/var",
        severity: "high",
        team: "ops",
      },
      2.2,
      1.3,
    ],
  ];
  return fired.map(([labels, from, to]) => {
    const begin = nowMs - from * hour;
    const count = Math.floor(((from - to) * hour) / STEP_MS);
    const samples = Array.from({ length: count }, (_none, i) => [begin + i * STEP_MS, 1] as const);
    return { labels: { __name__: "ALERTS", alertstate: "firing", ...labels }, samples };
  });
}

/** What people and other servers send: alerts, silences, dashboards, marks. */
async function tell(server: Flyball): Promise<void> {
  const endsAt = new Date(Date.now() + 8 * 3_600_000).toISOString();
  const kinds = [
    ["DatabaseDown", "critical", "db", "does not answer", 1],
    ["ReplicationLag", "medium", "db", "is 40 s behind its primary", 6],
    ["SlowQueries", "low", "db", "has queries that take longer than 5 s", 9],
    ["CertificateExpires", "medium", "ops", "has a certificate that ends in 12 days", 14],
    ["PodRestarts", "low", "web", "restarts again and again", 23],
    ["BackupIsOld", "high", "db", "was saved 3 days ago", 4],
    ["NodeClock", "info", "ops", "is 80 ms ahead", 17],
  ] as const;
  const alerts = kinds.flatMap(([alertname, severity, team, what, count]) =>
    Array.from({ length: count }, (_none, i) => {
      const instance = `${team}-${i + 1}.example.org`;
      const labels = { alertname, severity, team, instance, zone: `eu-${(i % 3) + 1}` };
      const startsAt = new Date(Date.now() - (i + 1) * 437_000).toISOString();
      return { labels, annotations: { summary: `${instance} ${what}` }, startsAt, endsAt };
    }),
  );
  await send(server, "api/v2/alerts", alerts);
  const silences: readonly (readonly [string, string, string, number, number, object])[] = [
    ["PodRestarts", "the new release is rolled out", "ann", 0, 2, {}],
    [
      "CertificateExpires",
      "renewed on Mondays, ticket 4711",
      "bob",
      0,
      700,
      { "flyball/during": "nights,weekends" },
    ],
    ["SlowQueries", "the index is being built", "cho", 0, 6, { "flyball/until": "resolved" }],
    ["BackupIsOld", "move of the storage", "ann", 24, 30, {}],
  ];
  for (const [name, comment, createdBy, from, to, annotations] of silences) {
    await send(server, "api/v2/silences", {
      matchers: [{ name: "alertname", value: name, isRegex: false, isEqual: true }],
      startsAt: new Date(Date.now() + from * 3_600_000).toISOString(),
      endsAt: new Date(Date.now() + to * 3_600_000).toISOString(),
      createdBy,
      comment,
      annotations,
    });
  }
  await boards(server);
}

async function boards(server: Flyball): Promise<void> {
  const folder = await send<{ uid: string }>(server, "api/flyball/v1/folders", {
    title: "Team web",
  });
  const root = "api/flyball/v1/dashboards";
  const first = everyPanel("Every panel", "shop_orders_total");
  await send(server, `${root}/import`, {
    dashboard: { ...first, tags: ["shop"] },
    folder: folder.uid,
  });
  const panels = first.panels.slice(0, 9);
  const versions: readonly (readonly [string, object])[] = [
    ["nine panels are enough", { panels }],
    ["the queue has its own colour", { panels, tags: ["shop", "web"], refresh: "10s" }],
  ];
  for (const [message, change] of versions) {
    const dashboard = { ...first, uid: "shop", title: "Shop", ...change };
    await send(server, `${root}/shop`, { dashboard, folder: folder.uid, message }, "PUT");
  }
  for (const name of ["node-exporter-full", "kubelet", "alertmanager-overview"]) {
    const path = join(CONFORMANCE, "dashboards", `${name}.json`);
    if (!existsSync(path)) continue;
    const dashboard: unknown = JSON.parse(readFileSync(path, "utf8"));
    await send(server, `${root}/import`, { dashboard, uid: name });
  }
  await send(server, `${root}/shop/star`, undefined, "PUT");
  await send(server, "api/flyball/v1/annotations", {
    time: Date.now() - 1_500_000,
    tags: ["deploy", "shop"],
    text: "shop v2.3 is out",
  });
}
