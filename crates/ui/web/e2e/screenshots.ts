// Pictures of every page and view, for people to look at: `cargo xtask screenshots`.
// FLYBALL_SCREENSHOTS_ONLY narrows them: names, separated by commas.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { pages } from "../src/app/pages";
import { launch, open, settled } from "./browser";
import { type PictureScene, pictureScene } from "./picture_scene";
import { type LiveServices, liveServices, missing } from "./live_services";
import { empty } from "./scene";
import type { Flyball } from "./server";

const FOLDER = process.env.FLYBALL_SCREENSHOTS ?? "screenshots";
const ONLY = (process.env.FLYBALL_SCREENSHOTS_ONLY ?? "").split(",").filter(Boolean);
const SIZES = [
  [1440, 900],
  [390, 844],
] as const;

let browser: Browser;
let full: PictureScene;
let bare: Flyball;
let live: LiveServices | undefined;

/** Three servers with a past take their time on a busy machine. */
const START_MS = 600_000;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  browser = await launch();
  if ([...plain, ...views].some(isWanted)) {
    [full, bare] = await Promise.all([pictureScene(), empty()]);
  }
  const why = missing();
  if (why) console.warn(`SKIPPED pictures of live services: ${why}`);
  else if (LIVE.some(isWanted)) live = await liveServices();
}, START_MS);

afterAll(async () => {
  await browser?.close();
  await Promise.all([full?.end(), bare?.remove(), live?.end()]);
});

interface Shot {
  readonly name: string;
  readonly path: string;
  /** Of a server that measures nothing, too. */
  readonly alsoEmpty?: boolean;
  /** What is done before the picture. */
  readonly act?: (page: Page) => Promise<void>;
}

/** A page with something on it, where its plain address shows a question only. */
const QUERIES: Readonly<Record<string, string>> = {
  explore: "?g0.expr=sum by (path) (rate(http_requests_total[2m]))&g0.tab=graph&from=now-1h&to=now",
  config: "?tab=alerting",
};

const plain: Shot[] = pages
  .filter((page) => page.place !== "none")
  .map(({ name, path }) => ({ name, path: path + (QUERIES[name] ?? ""), alsoEmpty: true }));

const click = (name: string | RegExp) => async (page: Page) =>
  page.getByRole("button", { name }).first().click();
const alert = encodeURIComponent('{alertname="CheckoutFails"}');
const HOUR = "from=now-1h&to=now";
const QUANTILE =
  "histogram_quantile(0.95, sum by (le, path) (rate(http_request_duration_seconds_bucket[2m])))";

const views: Shot[] = [
  { name: "dashboard-host", path: `/d/flyball-host?${HOUR}` },
  { name: "dashboard-self", path: `/d/flyball-self?${HOUR}` },
  { name: "dashboard-http", path: `/d/flyball-http?${HOUR}` },
  { name: "dashboard-postgresql", path: `/d/flyball-postgresql?${HOUR}` },
  { name: "dashboard-redis", path: `/d/flyball-redis?${HOUR}` },
  { name: "dashboard-nginx", path: `/d/flyball-nginx?${HOUR}` },
  { name: "dashboard-alerts", path: `/d/flyball-alerts?${HOUR}` },
  { name: "dashboard-sla", path: `/d/flyball-sla?${HOUR}` },
  { name: "dashboard-node-exporter-full", path: `/d/node-exporter-full?${HOUR}` },
  { name: "dashboard-types", path: `/d/types?${HOUR}` },
  { name: "dashboard-view-panel", path: `/d/types?${HOUR}&viewPanel=1` },
  { name: "dashboard-missing", path: "/d/nowhere" },
  { name: "panel-menu", path: `/d/types?${HOUR}`, act: click(/^Menu of/) },
  {
    name: "panel-inspect",
    path: `/d/types?${HOUR}`,
    act: async (page) => {
      await click(/^Menu of/)(page);
      await page.getByRole("menuitem", { name: /Inspect data/ }).click();
    },
  },
  { name: "dashboard-edit", path: "/d/shop", act: click(/^Edit$/) },
  { name: "panel-editor", path: `/d/shop?${HOUR}&editPanel=1` },
  {
    name: "dashboard-settings",
    path: "/d/shop",
    act: async (page) => {
      await page.getByRole("button", { name: "Edit", exact: true }).click();
      await page.getByRole("button", { name: "Settings" }).click();
    },
  },
  {
    name: "dashboard-versions",
    path: "/d/shop",
    act: async (page) => {
      await menu("Versions")(page);
      await page.getByRole("button", { name: "Compare" }).last().click();
      await page.locator(".differences").waitFor();
    },
  },
  { name: "dashboard-variables", path: "/d/shop?editview=variables" },
  { name: "dashboard-annotations", path: "/d/shop?editview=annotations" },
  { name: "dashboard-json", path: "/d/shop?editview=json-model" },
  { name: "dashboard-annotate", path: `/d/types?${HOUR}`, act: annotate },
  { name: "dashboard-import", path: "/dashboards?import=1", act: importReport },
  { name: "explore-table", path: `/explore?g0.expr=up&g0.tab=table` },
  {
    name: "explore-heatmap",
    path: `/explore?g0.expr=sum by (le) (rate(http_request_duration_seconds_bucket[2m]))&g0.tab=heatmap&${HOUR}`,
  },
  {
    name: "explore-explain",
    path: `/explore?g0.expr=${encodeURIComponent(QUANTILE)}&g0.tab=explain`,
  },
  {
    name: "explore-several",
    path: `/explore?g0.expr=${encodeURIComponent(QUANTILE)}&g1.expr=shop_carts_open&g1.compare=1h&${HOUR}`,
  },
  {
    name: "explore-exemplars",
    path: `/explore?g0.expr=${encodeURIComponent(QUANTILE)}&g0.show_exemplars=1&${HOUR}`,
  },
  {
    name: "explore-history",
    path: "/explore?g0.expr=shop_carts_open",
    act: asked,
  },
  { name: "explore-wrong", path: "/explore?g0.expr=sum(rate(up[5m])))" },
  { name: "explore-browser", path: "/explore?browse=0" },
  {
    name: "explore-labels",
    path: "/explore?browse=0&browse.search=shop&browse.metric=shop_carts_open",
  },
  {
    name: "explore-rule",
    path: "/explore?g0.expr=shop_carts_open > 100",
    act: more("Make an alert rule of it"),
  },
  {
    name: "explore-to-dashboard",
    path: "/explore?g0.expr=shop_carts_open",
    act: more("Add to dashboard"),
  },
  { name: "explore-completion", path: "/explore", act: complete },
  { name: "alert-detail", path: `/alerts?filter=${alert}`, act: firstOf(".alert-row") },
  { name: "alerts-by-route", path: "/alerts?group=route" },
  { name: "silence-new", path: '/silences/new?filter={alertname="PodRestarts"}' },
  { name: "silence", path: "/silences", act: firstOf('[role="row"] a') },
  { name: "silence-edit", path: "/silences", act: changeSilence },
  {
    name: "silence-weekly",
    path: '/silences/new?filter={alertname="BackupIsOld"}',
    act: async (page) => {
      for (const day of ["Saturday", "Sunday"]) await page.getByTitle(day).click();
    },
  },
  { name: "silences-pending", path: "/silences?state=pending" },
  {
    name: "route-tester",
    path: '/routes?labels=alertname="SlowQueries",team="db",severity="critical"',
  },
  { name: "rule-detail", path: "/rules", act: firstOf(".rule-row") },
  { name: "rule-firing", path: "/rules?search=CheckoutFails", act: firstOf(".rule-row") },
  { name: "target-detail", path: "/targets?pool=shop", act: firstOf('[role="row"].can-open') },
  { name: "discovery-shop", path: "/discovery?pool=shop" },
  { name: "discovery-detail", path: "/discovery?pool=shop", act: firstOf(".virtual-row.can-open") },
  { name: "config-file", path: "/config" },
  { name: "palette", path: "/", act: palette },
  { name: "keys", path: "/", act: async (page) => page.keyboard.press("?") },
  { name: "time-picker", path: "/explore", act: click(/Time range/) },
];

const SHORT = "from=now-5m&to=now&refresh=off";

/** With services of this machine that are under load. */
const LIVE: readonly Shot[] = [
  { name: "live-postgresql", path: `/d/flyball-postgresql?${SHORT}` },
  { name: "live-redis", path: `/d/flyball-redis?${SHORT}` },
  { name: "live-nginx", path: `/d/flyball-nginx?${SHORT}` },
  { name: "live-health", path: "/health" },
  { name: "live-home", path: "/" },
];

function menu(item: string) {
  return async (page: Page): Promise<void> => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
}

function more(item: string) {
  return async (page: Page): Promise<void> => {
    await page.getByRole("button", { name: "More", exact: true }).first().click();
    await page.getByRole("menuitem", { name: item }).click();
  };
}

/** The list has its links on wide screens only; the silence itself always. */
async function changeSilence(page: Page): Promise<void> {
  await firstOf('[role="row"] a')(page);
  await page.getByRole("heading", { name: "Silence", exact: true }).waitFor();
  await page.locator("a, button").filter({ hasText: "Change" }).click();
}

/** A window over a dashboard that annotates half an hour of a panel. */
async function annotate(page: Page): Promise<void> {
  const to = Date.now() - 600_000;
  const address = new URL(page.url());
  address.searchParams.set("annotate", `${to - 1_800_000},${to},1`);
  await page.goto(address.href);
}

function firstOf(selector: string) {
  return (page: Page): Promise<void> => page.locator(selector).first().click();
}

async function palette(page: Page): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("shop");
}

/** The list of what was asked, after some questions. */
async function asked(page: Page): Promise<void> {
  for (const expr of ["sum by (kind) (rate(shop_orders_total[5m]))", QUANTILE, "node_load1"]) {
    await page.locator("[data-editor=promql]").first().fill(expr);
    await page.keyboard.press("Control+Enter");
    await page.waitForURL((url) => url.searchParams.get("g0.expr") === expr);
  }
  await click(/^Asked before/)(page);
}

async function complete(page: Page): Promise<void> {
  await page.locator("[data-editor=promql]").first().click();
  await page.keyboard.type("http_req");
  await page.locator(".cm-tooltip-autocomplete li").first().waitFor();
}

async function importReport(page: Page): Promise<void> {
  const panel = {
    type: "grafana-worldmap-panel",
    title: "Where from",
    gridPos: { x: 0, y: 0, w: 12, h: 8 },
    targets: [{ expr: "up" }],
  };
  const graph = {
    type: "graph",
    title: "Load",
    span: 6,
    targets: [{ expr: "node_load1" }],
    seriesOverrides: [{ alias: "x", zindex: 3 }],
  };
  const dashboard = {
    title: "Of another time",
    schemaVersion: 14,
    rows: [{ panels: [graph] }],
    panels: [panel],
  };
  await page.getByLabel("Dashboard JSON").fill(JSON.stringify(dashboard, null, 2));
  await page.getByRole("button", { name: "Check" }).click();
}

/** A window as high as the page: lists draw only what can be seen. */
async function makeHigh(page: Page, width: number): Promise<void> {
  const high = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(high, 4000) });
  await quiet(page);
}

/** Waits until charts and lists have drawn what they load. */
async function quiet(page: Page): Promise<void> {
  await settled(page);
  const busy = ".panel[data-state=waiting], .panel[data-state=loading], .state.loading";
  await page
    .waitForFunction((selector) => document.querySelector(selector) === null, busy, {
      timeout: 8000,
    })
    .catch(() => undefined);
  // A page with live values is never idle; a moment lets its charts draw.
  await page.waitForTimeout(800);
}

const isWanted = ({ name }: Shot): boolean => ONLY.length === 0 || ONLY.includes(name);

describe.each(LIVE.filter(isWanted))("$name", ({ name, path }) => {
  it.each(["light", "dark"] as const)("%s", async (theme) => {
    if (!live) return;
    for (const [width, height] of SIZES) {
      const { page } = await open(browser, live.server, path, { theme, width, height });
      await quiet(page);
      if (width < 1000) await makeHigh(page, width);
      await page.screenshot({ path: join(FOLDER, `${name}-${theme}-${width}.png`) });
      await page.context().close();
    }
  });
});

describe.each([...plain, ...views].filter(isWanted))("$name", (shot) => {
  it.each(["light", "dark"] as const)("%s", async (theme) => {
    const states = shot.alsoEmpty
      ? ([
          ["full", full.server],
          ["empty", bare],
        ] as const)
      : ([["full", full.server]] as const);
    for (const [state, server] of states) {
      for (const [width, height] of SIZES) {
        const path = state === "full" ? shot.path : shot.path.replace(/\?.*/, "");
        const { page } = await open(browser, server, path, { theme, width, height });
        await quiet(page);
        await shot.act?.(page);
        if (shot.act) await quiet(page);
        const file = `${shot.name}-${state}-${theme}-${width}.png`;
        if (width < 1000 && !shot.act) await makeHigh(page, width);
        await page.screenshot({ path: join(FOLDER, file) });
        await page.context().close();
      }
    }
  });
});
