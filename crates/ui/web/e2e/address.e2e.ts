// Every choice on every page stands in the address: made once, sent as a link, seen the same elsewhere.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeClean, launch, open, settled } from "./browser";
import { everyPanel } from "./panel_types";
import { type Scene, scene } from "./scene";
import { PATIENCE_MS } from "./server";

let browser: Browser;
let full: Scene;

const types = everyPanel("Types", "shop_orders_total");
/** Ids of panels of `types`, by their order. */
const ID = { timeseries: 1, stat: 3, table: 7, pie: 11 } as const;

const legends = {
  uid: "legends",
  title: "Legends",
  schemaVersion: 41,
  // The server is young: a wide step may lie before its first sample.
  time: { from: "now-1m", to: "now" },
  templating: {
    list: [{ name: "kind", type: "custom", query: "book,toy", multi: true, includeAll: true }],
  },
  panels: [
    {
      id: 1,
      type: "timeseries",
      title: "Table below",
      gridPos: { x: 0, y: 0, w: 24, h: 8 },
      options: { legend: { displayMode: "table", calcs: ["mean", "max"], showLegend: true } },
      targets: [{ refId: "A", expr: "shop_orders_total", legendFormat: "{{kind}}" }],
    },
    {
      id: 2,
      type: "timeseries",
      title: "Repeated $kind",
      repeat: "kind",
      gridPos: { x: 0, y: 8, w: 24, h: 6 },
      targets: [{ refId: "A", expr: "shop_orders_total", legendFormat: "{{kind}}" }],
    },
    {
      id: 3,
      type: "table",
      title: "Two frames",
      gridPos: { x: 0, y: 14, w: 24, h: 6 },
      targets: [
        { refId: "A", expr: "shop_orders_total", format: "table", instant: true },
        { refId: "B", expr: "shop_queue_length", format: "table", instant: true },
      ],
    },
  ],
};

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
  for (const dashboard of [types, legends]) {
    const answer = await fetch(new URL("api/flyball/v1/dashboards/import", full.server.url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ dashboard, overwrite: true }),
    });
    expect(answer.status, await answer.text()).toBeLessThan(300);
  }
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

interface Choice {
  readonly what: string;
  readonly path: string;
  readonly make: (page: Page) => Promise<void>;
  /** What must be the same where the link is opened. */
  readonly shows: (page: Page) => Promise<unknown>;
  /** What it was before. */
  readonly before: unknown;
  readonly after: unknown;
}

const panel = (page: Page, id: number, nth = 0) => page.locator(`[data-panel="${id}"]`).nth(nth);
const button = (name: string | RegExp) => (page: Page) =>
  page.getByRole("button", { name }).first().click();
/** Names in a legend that are switched on. */
const legendOn =
  (id: number, nth = 0) =>
  async (page: Page) =>
    panel(page, id, nth).locator(".chart-legend-name[aria-pressed=true]").allInnerTexts();
const texts = (selector: string) => (page: Page) => page.locator(selector).allInnerTexts();
const count = (selector: string) => (page: Page) => page.locator(selector).count();
const sortOf = (column: string) => (page: Page) =>
  page.getByRole("columnheader", { name: column }).first().getAttribute("aria-sort");
const tabOf = (page: Page) => page.locator('[role="tab"][aria-selected="true"]').allInnerTexts();
const fieldOf = (name: string) => (page: Page) => page.getByLabel(name).first().inputValue();

const dashboards: readonly Choice[] = [
  {
    what: "a series of a legend",
    path: "d/legends",
    make: (page) => panel(page, 1).getByRole("button", { name: "toy" }).click(),
    shows: legendOn(1),
    before: ["book", "toy"],
    after: ["toy"],
  },
  {
    what: "a series of one of the repeats",
    path: "d/legends?var-kind=book&var-kind=toy",
    make: (page) => panel(page, 2, 1).getByRole("button", { name: "book" }).click(),
    shows: async (page) => [await legendOn(2, 0)(page), await legendOn(2, 1)(page)],
    before: [
      ["book", "toy"],
      ["book", "toy"],
    ],
    after: [["book", "toy"], ["book"]],
  },
  {
    what: "the order of a legend",
    path: "d/legends",
    make: (page) => panel(page, 1).getByRole("button", { name: "Max" }).click(),
    shows: sortOf("Max"),
    before: "none",
    after: "descending",
  },
  {
    what: "the order of a table",
    path: `d/types?viewPanel=${ID.table}`,
    make: (page) => page.getByRole("columnheader", { name: "kind" }).getByRole("button").click(),
    shows: sortOf("kind"),
    before: "none",
    after: "ascending",
  },
  {
    what: "which frame a table shows",
    path: "d/legends",
    make: async (page) => void (await page.getByLabel("Data of").selectOption("1")),
    shows: fieldOf("Data of"),
    before: "0",
    after: "1",
  },
  {
    what: "the slices of a pie",
    path: `d/types?viewPanel=${ID.pie}`,
    make: (page) => page.getByRole("button", { name: "toy" }).click(),
    shows: legendOn(ID.pie),
    before: ["book", "toy"],
    after: ["toy"],
  },
  {
    what: "what is inspected",
    path: `d/types?viewPanel=${ID.stat}`,
    make: async (page) => {
      await panel(page, ID.stat).locator(".stat-value").first().waitFor();
      await panel(page, ID.stat).hover();
      await page.keyboard.press("i");
      await page.getByRole("tab", { name: "Queries" }).click();
    },
    shows: tabOf,
    before: [],
    after: ["Queries"],
  },
  {
    what: "the settings",
    path: "d/types",
    make: async (page) => {
      await panel(page, ID.stat).locator(".stat-value").first().waitFor();
      await page.keyboard.type("ds");
      await page.getByRole("tab", { name: "Variables" }).click();
    },
    shows: tabOf,
    before: [],
    after: ["Variables"],
  },
  {
    what: "a view of the panel editor",
    path: `d/types?editPanel=${ID.stat}`,
    make: (page) => page.getByRole("tab", { name: "Panel JSON" }).click(),
    shows: tabOf,
    before: [expect.stringContaining("Queries")],
    after: ["Panel JSON"],
  },
];

const ORDERS = "/explore?g0.expr=shop_orders_total";

const explore: readonly Choice[] = [
  {
    what: "a series of the graph",
    path: ORDERS,
    make: (page) => page.getByRole("button", { name: /toy/ }).click(),
    shows: async (page) =>
      (await texts(".chart-legend-name[aria-pressed=true]")(page)).map((text) =>
        text.includes("toy"),
      ),
    before: [false, true],
    after: [true],
  },
  {
    what: "the order of the legend",
    path: ORDERS,
    make: button("Mean"),
    shows: sortOf("Mean"),
    before: "none",
    after: "descending",
  },
  {
    what: "the order of the table",
    path: `${ORDERS}&g0.tab=table`,
    make: button("value"),
    shows: sortOf("value"),
    before: "none",
    after: "ascending",
  },
  {
    what: "the words that rows must have",
    path: "/explore?g0.expr=flyball_build_info or {job=%22flyball%22}&g0.tab=table",
    make: async (page) => page.getByLabel("Narrow the rows").fill("go version nothing"),
    shows: count(".explore-panel [role=row]"),
    before: expect.any(Number),
    after: 1,
  },
  {
    what: "stack, exemplars, comparison and step",
    path: ORDERS,
    make: async (page) => {
      await page.getByLabel("Stacked").check();
      await page.getByLabel("Exemplars").check();
      await page.getByLabel("Compare").selectOption("1h");
      await page.getByLabel("Step").fill("30s");
      await page.keyboard.press("Enter");
    },
    shows: async (page) => [
      await page.getByLabel("Stacked").isChecked(),
      await page.getByLabel("Exemplars").isChecked(),
      await fieldOf("Compare")(page),
      await fieldOf("Step")(page),
    ],
    before: [false, false, "", ""],
    after: [true, true, "1h", "30s"],
  },
  {
    what: "the metric browser",
    path: "/explore",
    make: async (page) => {
      await page.keyboard.press("m");
      await page.getByRole("searchbox").fill("shop orders_total");
      await page.locator(".browser-metric", { hasText: "shop_orders_total" }).click();
      await page.getByRole("button", { name: /^toy/ }).click();
    },
    shows: texts(".browser-labels strong"),
    before: [],
    after: ['shop_orders_total{kind="toy"}'],
  },
  {
    what: "a rule that is being written",
    path: ORDERS,
    make: async (page) => {
      await button("More")(page);
      await page.getByRole("menuitem", { name: "Make an alert rule of it" }).click();
    },
    shows: count("dialog[open]"),
    before: 0,
    after: 1,
  },
];

const others: readonly Choice[] = [
  {
    what: "the alert in detail",
    path: "/alerts",
    make: (page) => page.locator(".alert-row").first().click(),
    shows: (page) => page.getByRole("complementary").count(),
    before: 0,
    after: 1,
  },
  {
    what: "groups of alerts, and closed ones",
    path: "/alerts",
    make: async (page) => {
      await page.getByLabel("Groups").selectOption("severity");
      await page.locator(".group-head button").first().click();
    },
    shows: async (page) => [
      await fieldOf("Groups")(page),
      await count(".group-head [aria-expanded=false]")(page),
    ],
    before: ["", 0],
    after: ["severity", 1],
  },
  {
    what: "health, words and target",
    path: "/targets",
    make: async (page) => {
      await page.getByRole("searchbox").fill("gone");
      await page.getByRole("row", { name: /gone/ }).click();
    },
    shows: async (page) => [await count("dialog[open]")(page), await fieldOf("Search")(page)],
    before: [0, ""],
    after: [1, "gone"],
  },
  {
    what: "words and state of rules",
    path: "/rules",
    make: async (page) => {
      await page.getByRole("searchbox").fill("shop");
      await page
        .locator(".state-counts")
        .getByRole("button", { name: /firing/ })
        .click();
    },
    shows: (page) => page.locator(".rule-row").count(),
    before: expect.any(Number),
    after: 1,
  },
  {
    what: "words of flags",
    path: "/flags",
    make: async (page) => page.getByRole("searchbox").fill("listen-address"),
    shows: fieldOf("Search"),
    before: "",
    after: "listen-address",
  },
  {
    what: "the words of dashboards",
    path: "/dashboards",
    make: async (page) => page.getByRole("searchbox").fill("host"),
    shows: (page) => page.getByRole("searchbox").inputValue(),
    before: "",
    after: "host",
  },
  {
    what: "the configuration of alerting",
    path: "/config",
    make: (page) => page.getByRole("tab").last().click(),
    shows: (page) => page.getByRole("tab").last().getAttribute("aria-selected"),
    before: "false",
    after: "true",
  },
];

describe.each([
  { place: "dashboards", choices: dashboards },
  { place: "Explore", choices: explore },
  { place: "other pages", choices: others },
])("$place", ({ choices }) => {
  it.each(choices)("$what", async ({ path, make, shows, before, after }) => {
    const watched = await open(browser, full.server, path);
    await settled(watched.page);
    await expect.poll(() => shows(watched.page), { timeout: PATIENCE_MS }).toEqual(before);
    await make(watched.page);
    await expect.poll(() => shows(watched.page), { timeout: PATIENCE_MS }).toEqual(after);
    const link = watched.page.url();
    await closeClean(watched);
    const elsewhere = await open(browser, full.server, link);
    await settled(elsewhere.page);
    await expect.poll(() => shows(elsewhere.page), { timeout: PATIENCE_MS }).toEqual(after);
    await closeClean(elsewhere);
  });
});
