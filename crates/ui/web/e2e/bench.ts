// What the page costs in a real browser: `cargo xtask bench ui`. Figures of this machine, not tests;
// each is the median of five runs against a release binary, one page at a time.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, it } from "vitest";
import { print, taskSeconds } from "./bench_print";
import { launch, open } from "./browser";
import { Flyball, Target } from "./server";

const PANELS = 30;
const SERIES = 10;
/** History that the panels draw: as long as the server has run before the measuring begins. */
const HISTORY_S = 30;
const REFRESH_S = 20;
const RUNS = 5;

let browser: Browser;
let server: Flyball;
let target: Target;
let round = 0;

function metrics(): string {
  round += 1;
  const line = (panel: number, series: number): string =>
    `bench_${panel}{series="${series}"} ${Math.sin(round / (5 + series)) * panel + series}\n`;
  const panels = Array.from({ length: PANELS }, (_, panel) =>
    Array.from({ length: SERIES }, (_, series) => line(panel, series)).join(""),
  );
  return panels.join("");
}

function dashboard(): object {
  const panels = Array.from({ length: PANELS }, (_, number) => ({
    id: number + 1,
    title: `Panel ${number}`,
    type: "timeseries",
    gridPos: { x: (number % 6) * 4, y: Math.floor(number / 6) * 4, w: 4, h: 4 },
    targets: [{ refId: "A", expr: `bench_${number}`, legendFormat: "{{series}}" }],
  }));
  return { uid: "bench", title: "Bench", schemaVersion: 41, panels };
}

beforeAll(async () => {
  target = await Target.start(metrics());
  const changing = setInterval(() => (target.body = metrics()), 1000);
  changing.unref();
  const config = `global: {scrape_interval: 1s}
scrape_configs: [{job_name: bench, static_configs: [{targets: ['${target.address}']}]}]
`;
  server = await Flyball.start({
    files: { "flyball.yml": "version: 1\nprometheus: prometheus.yml\n", "prometheus.yml": config },
    flags: ["--config.file=flyball.yml"],
  });
  const answer = await fetch(`${server.url}api/flyball/v1/dashboards`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dashboard: dashboard() }),
  });
  if (!answer.ok) throw new Error(`the dashboard is not taken: ${await answer.text()}`);
  browser = await launch();
  await new Promise((resolve) => setTimeout(resolve, HISTORY_S * 1000));
});

afterAll(async () => {
  await browser?.close();
  target?.stop();
  await server?.remove();
});

async function repeat(run: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let count = 0; count < RUNS; count += 1) values.push(await run());
  return values;
}

/** First contentful paint of a page, ms. */
async function firstPaint(path: string): Promise<number> {
  const { page } = await open(browser, server, path);
  const paint = await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  const ms = (await paint.jsonValue()) ?? Number.NaN;
  await page.context().close();
  return ms;
}

const DASHBOARD = `d/bench/bench?from=now-${HISTORY_S}s&to=now`;

/** Time until every panel of the dashboard has drawn its data, ms. */
async function usable(): Promise<number> {
  const begun = performance.now();
  const { page } = await open(browser, server, DASHBOARD);
  await drawn(page);
  const ms = performance.now() - begun;
  await page.context().close();
  return ms;
}

async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(
    // One that loads anew shows what it has.
    (wanted) =>
      document.querySelectorAll(".panel:is([data-state=ready], [data-state=refreshing]) canvas")
        .length >= wanted,
    PANELS,
  );
}

/** Kilobytes of scripts that a page loads, compressed as they are sent. */
async function weight(path: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const scripts = new Set<string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, type }) => {
    if (type === "Script") scripts.add(requestId);
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await page.goto(new URL(path, server.url).href);
  // A page with live values is never idle; what is loaded lazily has come by then.
  await page.waitForTimeout(5000);
  await context.close();
  return bytes / 1000;
}

it("first paint", async () => {
  for (const path of ["", "explore", "dashboards", "alerts", DASHBOARD]) {
    print(`first contentful paint of /${path}`, await repeat(() => firstPaint(path)), "ms");
  }
});

it("a dashboard", async () => {
  print(`${PANELS} panels of ${SERIES} series drawn`, await repeat(usable), "ms");
});

it("refresh", async () => {
  const { page } = await open(browser, server, `${DASHBOARD}&refresh=1s`);
  await drawn(page);
  await page.evaluate(() => {
    const long = globalThis as unknown as { longest: number };
    long.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) long.longest = Math.max(long.longest, duration);
    }).observe({ type: "longtask" });
  });
  const session = await page.context().newCDPSession(page);
  // Processor time of the thread: what else runs on the machine does not count.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const [tasks, begun] = [await taskSeconds(session), performance.now()];
  await page.waitForTimeout(REFRESH_S * 1000);
  const share = (await taskSeconds(session)) - tasks;
  const wall = (performance.now() - begun) / 1000;
  print(`main thread while ${PANELS} panels refresh each second`, [(100 * share) / wall], "%");
  const longest = await page.evaluate(() => (globalThis as unknown as { longest: number }).longest);
  print("longest task meanwhile (0: none above 50)", [longest], "ms");
  await page.context().close();
});

it("weight", async () => {
  for (const path of ["", DASHBOARD, "explore?g0.expr=up&g0.tab=0"]) {
    print(`scripts of /${path}, compressed`, [await weight(path)], "kB");
  }
});
