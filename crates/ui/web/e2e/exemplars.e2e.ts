// Exemplars from a scrape to the diamond in a chart, in Explore and in a panel, with their trace.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeClean, launch, open } from "./browser";
import { Flyball, Target } from "./server";

const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TRACE = "0af7651916cd43dd8448eb211c80319c";

let browser: Browser;
let server: Flyball;
let target: Target;
let scrapes = 0;

/** A histogram whose slowest bucket always has the trace of a request that took 1.6 s. */
function metrics(): string {
  scrapes += 1;
  const at = Date.now() / 1000;
  return `# TYPE pay_seconds histogram
pay_seconds_bucket{le="1"} ${scrapes}
pay_seconds_bucket{le="+Inf"} ${2 * scrapes} # {trace_id="${TRACE}"} 1.6 ${at}
pay_seconds_count ${2 * scrapes}
pay_seconds_sum ${2 * scrapes}
# EOF
`;
}

const dashboard = {
  uid: "pay",
  title: "Pay",
  schemaVersion: 41,
  panels: [
    {
      id: 1,
      type: "timeseries",
      title: "Mean",
      gridPos: { x: 0, y: 0, w: 24, h: 10 },
      fieldConfig: { defaults: { min: 0, max: 2, unit: "s" }, overrides: [] },
      targets: [{ refId: "A", expr: "pay_seconds_sum / pay_seconds_count", exemplar: false }],
    },
  ],
};

beforeAll(async () => {
  target = await Target.start(metrics(), OPEN_METRICS);
  setInterval(() => (target.body = metrics()), 500).unref();
  const config = `global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: pay, static_configs: [{targets: ['${target.address}']}]}]
`;
  server = await Flyball.start({
    files: { "flyball.yml": "version: 1\nprometheus: prometheus.yml\n", "prometheus.yml": config },
    flags: ["--config.file=flyball.yml"],
  });
  browser = await launch();
  await server.hasSeries("count_over_time(pay_seconds_count[1m]) > 3");
});

afterAll(async () => {
  await browser?.close();
  target?.stop();
  await server?.remove();
});

/** Places of the diamonds in a chart: the middles of the stretches in their colour. */
async function diamonds(page: Page, chart: string): Promise<{ x: number; y: number }[]> {
  return page.evaluate((selector) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`${selector} canvas`);
    const ctx = canvas?.getContext("2d");
    if (!canvas || !ctx) return [];
    const probe = document.createElement("canvas").getContext("2d")!;
    const token = document.createElement("i");
    token.style.color = "var(--c6)";
    document.body.append(token);
    probe.fillStyle = getComputedStyle(token).color;
    token.remove();
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const { data, width } = ctx.getImageData(0, 0, canvas.width, canvas.height);
    const box = canvas.getBoundingClientRect();
    const scale = box.width / canvas.width;
    const found: { x: number; y: number }[] = [];
    for (let at = 0; at < data.length; at += 4) {
      const isIt = data[at] === r && data[at + 1] === g && data[at + 2] === b;
      if (!isIt) continue;
      const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
      found.push({ x: box.left + x * scale, y: box.top + y * scale });
    }
    return found;
  }, chart);
}

async function hasTrace(page: Page, chart: string): Promise<void> {
  await page.waitForFunction((selector) => document.querySelector(`${selector} canvas`), chart);
  await expect.poll(async () => (await diamonds(page, chart)).length).toBeGreaterThan(20);
  const all = await diamonds(page, chart);
  const { x, y } = all[Math.floor(all.length / 2)]!;
  await page.mouse.move(x, y);
  const tip = page.locator(`${chart} .chart-tip`);
  await tip.getByText(/^Exemplar: 1\.60? s at \d\d:\d\d:\d\d/).waitFor();
  await tip.getByText(`trace_id=${TRACE}`).waitFor();
}

it("Explore draws exemplars when it is asked to, and names their trace", async () => {
  const expr = encodeURIComponent("histogram_quantile(0.9, rate(pay_seconds_bucket[10s]))");
  const watched = await open(browser, server, `/explore?g0.expr=${expr}&from=now-1m&to=now`);
  const { page } = watched;
  await page.locator(".explore-graph canvas").waitFor();
  expect(await diamonds(page, ".explore-graph")).toEqual([]);
  await page.getByLabel("Exemplars").check();
  await hasTrace(page, ".explore-graph");
  expect(new URL(page.url()).searchParams.get("g0.show_exemplars")).toBe("1");
  await closeClean(watched);
});

it("a panel draws those of its queries that ask for them", async () => {
  for (const exemplar of [false, true]) {
    const [panel] = dashboard.panels;
    const query = { refId: "B", expr: "rate(pay_seconds_bucket[10s])", hide: false, exemplar };
    const panels = [{ ...panel, targets: [...panel!.targets, query] }];
    const answer = await fetch(new URL("api/flyball/v1/dashboards/import", server.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ dashboard: { ...dashboard, panels }, overwrite: true }),
    });
    expect(answer.status, await answer.text()).toBe(200);
    const watched = await open(browser, server, "/d/pay?from=now-1m&to=now", { theme: "dark" });
    const { page } = watched;
    await page.locator('[data-panel="1"][data-state=ready] canvas').waitFor();
    if (exemplar) await hasTrace(page, '[data-panel="1"]');
    else expect(await diamonds(page, '[data-panel="1"]')).toEqual([]);
    await closeClean(watched);
  }
});
