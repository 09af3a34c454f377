// What large things cost in a real browser: Node Exporter Full over six hours, thousands of alerts and
// targets. A part of `cargo xtask bench ui`.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { print, taskSeconds } from "./bench_print";
import { launch, open } from "./browser";
import { nodeExporterFull, pushNodeHistory } from "./node_history";
import { Flyball } from "./server";

const HOURS = 6;
const LISTED = 5000;
const RUNS = 5;
/** Longest time of a bench: the machine may be busy. */
const LONG_MS = 900_000;
/** Steps of a scroll that is measured. */
const STEPS = 150;

let browser: Browser;
let server: Flyball;

/** Targets that nobody asks while we look at them. */
function config(): string {
  const one = (n: number): string => `    - {targets: ['127.0.0.1:9'], labels: {shard: s${n}}}\n`;
  const targets = Array.from({ length: LISTED }, (_none, n) => one(n)).join("");
  return `global: {scrape_interval: 1d}
storage: {tsdb: {out_of_order_time_window: ${HOURS + 1}h}}
scrape_configs:
- job_name: many
  static_configs:
${targets}`;
}

beforeAll(async () => {
  server = await Flyball.start({
    files: {
      "flyball.yml": "version: 1\nprometheus: prometheus.yml\ncollect: {host: {enabled: false}}\n",
      "prometheus.yml": config(),
    },
    flags: ["--config.file=flyball.yml", "--web.enable-remote-write-receiver"],
  });
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

async function postJson(path: string, body: unknown): Promise<void> {
  const answer = await fetch(new URL(path, server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

/** Waits until every panel on the page, or every one in sight, has its data and is drawn. */
async function complete(page: Page, panels: number, inSight = false): Promise<void> {
  await page.waitForFunction(
    ([wanted, isNarrowed]) => {
      const all = [...document.querySelectorAll<HTMLElement>(".panel")];
      const isSeen = (panel: HTMLElement): boolean => {
        const { top, bottom } = panel.getBoundingClientRect();
        return !isNarrowed || (bottom > 0 && top < innerHeight);
      };
      const isDone = ({ dataset }: HTMLElement): boolean =>
        !["waiting", "loading", "refreshing"].includes(dataset.state ?? "");
      const isDrawn = (panel: HTMLElement): boolean =>
        panel.dataset.type !== "timeseries" ||
        panel.dataset.state !== "ready" ||
        panel.querySelector("canvas") !== null;
      const isComplete = (panel: HTMLElement): boolean => isDone(panel) && isDrawn(panel);
      return all.length >= wanted && all.filter(isSeen).every(isComplete);
    },
    [panels, inSight] as const,
  );
}

/** Scrolls to the end in steps of a window, each as soon as what can be seen there is complete. */
async function readThrough(page: Page, panels: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => document.querySelectorAll(".panel").length >= wanted,
    panels,
  );
  const seen = (): Promise<void> => complete(page, panels, true);
  await seen();
  while (await page.evaluate(() => scrollY + innerHeight < document.body.scrollHeight - 1)) {
    await page.evaluate(() => scrollBy(0, innerHeight));
    await seen();
  }
}

async function opened(path: string, panels: number, height = 1600): Promise<number> {
  const begun = performance.now();
  const { page } = await open(browser, server, path, { height });
  await complete(page, panels);
  const ms = performance.now() - begun;
  if (process.env.FLYBALL_UI_BENCH_PICTURE) {
    await page.screenshot({ path: `${process.env.FLYBALL_UI_BENCH_PICTURE}-${panels}.png` });
  }
  await page.context().close();
  return ms;
}

interface Panels {
  readonly panels: readonly (Panels & { readonly type: string; readonly id: number })[];
}

it(
  "Node Exporter Full",
  async () => {
    const dashboard = nodeExporterFull();
    if (!dashboard) return console.log("SKIPPED Node Exporter Full: no conformance data");
    const series = await pushNodeHistory(server, HOURS);
    await postJson("api/flyball/v1/dashboards/import", { dashboard, uid: "nef", overwrite: true });
    const { panels } = dashboard as Panels;
    const rows = panels.filter(({ type }) => type === "row");
    const isOpen = panels.filter(({ type }) => type !== "row");
    const path = `d/nef/x?from=now-${HOURS}h&to=now`;
    console.log(`Node Exporter Full: ${series} series, ${HOURS} hours at 15 s`);
    const first: number[] = [];
    for (let run = 0; run < RUNS; run += 1) first.push(await opened(path, isOpen.length));
    print(`its ${isOpen.length} panels, complete`, first, "ms");
    const closed = rows.filter((row) => (row.panels ?? []).length > 0);
    const inRows = closed.flatMap((row) => row.panels);
    const all = isOpen.length + inRows.length;
    const every = `${path}&rows=${closed.map(({ id }) => id).join(",")}`;
    const begun = performance.now();
    const { page } = await open(browser, server, every, { height: 1600 });
    await readThrough(page, all);
    print(`all ${all} panels, every row open, scrolled through`, [performance.now() - begun], "ms");
    await page.context().close();
  },
  LONG_MS,
);

/** Scrolls the page by turns of a mouse wheel, one in each frame. */
async function scroll(page: Page): Promise<void> {
  await page.evaluate(async (steps) => {
    for (let step = 0; step < steps; step += 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      scrollBy(0, 120);
    }
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }, STEPS);
}

async function scrolled(what: string, path: string): Promise<void> {
  const { page } = await open(browser, server, path);
  await page.waitForFunction(() => document.documentElement.scrollHeight > 20_000);
  await page.waitForTimeout(2000);
  const session = await page.context().newCDPSession(page);
  // Processor time of the main thread: what else runs on the machine does not count.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const figures: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await page.evaluate(() => scrollTo(0, 0));
    const before = await taskSeconds(session);
    await scroll(page);
    figures.push((1000 * ((await taskSeconds(session)) - before)) / STEPS);
  }
  print(`processor time of a step while ${LISTED} ${what} scroll`, figures, "ms");
  await page.context().close();
}

it(
  "long lists",
  async () => {
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    for (let from = 0; from < LISTED; from += 500) {
      const alerts = Array.from({ length: 500 }, (_none, n) => ({
        labels: { alertname: "Many", severity: "low", team: `t${n % 7}`, n: String(from + n) },
        endsAt,
      }));
      await postJson("api/v2/alerts", alerts);
    }
    await scrolled("alerts", "alerts");
    await scrolled("targets", "targets");
  },
  LONG_MS,
);
