// Explore: the address is the state, errors have a place, the editor lives under the security policy.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { axe, closeClean, launch, open, settled } from "./browser";
import { type Scene, scene } from "./scene";

let browser: Browser;
let full: Scene;

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

/** The editor of an expression, in its shadow root. */
const editor = (page: Page) => page.locator("[data-editor=promql]").first();
const params = (page: Page) => new URL(page.url()).searchParams;

it("asks what is typed and keeps it in the address, the back button included", async () => {
  const watched = await open(browser, full.server, "/explore");
  const { page } = watched;
  await editor(page).fill("shop_queue_length");
  await page.keyboard.press("Control+Enter");
  await page.locator(".explore-cost", { hasText: "1 series" }).waitFor();
  expect(params(page).get("g0.expr")).toBe("shop_queue_length");
  const table = page.getByRole("table", { name: "Series" });
  const value = table.getByRole("cell", { name: "3", exact: true });
  await page.getByRole("tab", { name: "Table" }).click();
  await value.waitFor();
  expect(params(page).get("g0.tab")).toBe("table");
  await page.reload();
  await value.waitFor();
  await page.goBack();
  await page.locator(".explore-graph").waitFor();
  expect(await axe(page)).toEqual([]);
  await closeClean(watched);
});

it("shows where an expression is wrong", async () => {
  const watched = await open(browser, full.server, "/explore?g0.expr=sum(foo))");
  await watched.page.getByRole("alert").waitFor();
  expect(await watched.page.locator(".explore-fault").textContent()).toContain("sum(foo))");
  await closeClean(watched);
});

it("understands links of Prometheus, with range, tab and several questions", async () => {
  const link =
    "/graph?g0.expr=up&g0.tab=1&g0.range_input=30m&g1.expr=shop_queue_length&g1.tab=explain";
  const watched = await open(browser, full.server, link);
  const { page } = watched;
  await page.getByRole("cell", { name: "gone" }).waitFor();
  await page.locator(".plan-part", { hasText: "shop_queue_length" }).waitFor();
  expect(params(page).get("from")).toBe("now-1800s");
  expect(params(page).has("g0.range_input")).toBe(false);
  await closeClean(watched);
});

it("completes metrics of this server, and runs when enter is pressed", async () => {
  const watched = await open(browser, full.server, "/explore");
  const { page } = watched;
  await editor(page).click();
  await page.keyboard.type("shop_queue");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "shop_queue_length" }).waitFor();
  await page.keyboard.press("Control+Enter");
  await page.getByText("No series in this range.").waitFor();
  await closeClean(watched);
});

it("builds a selector in the metric browser", async () => {
  const watched = await open(browser, full.server, "/explore?browse=0");
  const { page } = watched;
  await page.getByRole("searchbox", { name: "Search names and help" }).fill("shop orders_total");
  await page.locator(".browser-metric", { hasText: "shop_orders_total" }).click();
  await page.getByRole("button", { name: /^toy/ }).click();
  await page.getByRole("button", { name: "Use its rate" }).click();
  await page.locator(".explore-graph").waitFor();
  expect(params(page).get("g0.expr")).toBe('rate(shop_orders_total{kind="toy"}[5m])');
  expect(params(page).has("browse")).toBe(false);
  await closeClean(watched);
});

it("makes an alert rule of a question", async () => {
  const watched = await open(browser, full.server, "/explore?g0.expr=shop_queue_length > 1");
  const { page } = watched;
  await settled(page);
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Make an alert rule of it" }).click();
  await page.getByLabel("Name of the alert").fill("QueueNotEmpty");
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Create the rule" }).click();
  await page.getByRole("link", { name: "Show the rule" }).click();
  await page.locator(".rule-row", { hasText: "QueueNotEmpty" }).waitFor();
  await closeClean(watched);
});

it("opens no list of names over an answer that was asked for", async () => {
  const watched = await open(browser, full.server, "/explore");
  const { page } = watched;
  await editor(page).fill("shop");
  await page.keyboard.press("Control+Enter");
  await page.waitForURL((url) => url.searchParams.get("g0.expr") === "shop");
  // Names are looked up after a moment.
  await page.waitForTimeout(600);
  expect(await page.locator(".cm-tooltip-autocomplete").count()).toBe(0);
  await closeClean(watched);
});

it("keeps what was asked, gives it away as curl, and puts it onto a dashboard", async () => {
  const watched = await open(browser, full.server, "/explore");
  const { page } = watched;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  for (const expr of ["shop_queue_length", "shop_orders_total"]) {
    await editor(page).fill(expr);
    await page.keyboard.press("Control+Enter");
    await page.waitForURL((url) => url.searchParams.get("g0.expr") === expr);
  }
  await page.locator(".explore-cost", { hasText: "2 series" }).waitFor();
  await page.getByRole("button", { name: "Asked before (ctrl+up)" }).click();
  await page.getByRole("menuitem", { name: "shop_queue_length" }).waitFor();
  await page.keyboard.press("Escape");
  const choose = async (item: string): Promise<void> => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  await choose("Copy as curl");
  await page.getByText("Copied as curl").waitFor();
  const curl = await page.evaluate(() => navigator.clipboard.readText());
  expect(curl).toMatch(/^curl /);
  expect(curl).toContain("shop_orders_total");
  await choose("Add to dashboard");
  await page.getByLabel("Its title").fill("Of Explore");
  await page.getByLabel("Title of the panel").fill("Orders");
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Add the panel/ })
    .click();
  await page.waitForURL(/\/d\//);
  await page.getByRole("heading", { name: "Orders" }).waitFor();
  await closeClean(watched);
});

it("draws buckets as a heatmap", async () => {
  const buckets =
    'label_replace(vector(1), "le", "1", "", "") or label_replace(vector(3), "le", "2", "", "")';
  const link = `/explore?g0.expr=${encodeURIComponent(buckets)}&g0.tab=heatmap&from=now-5m&to=now`;
  const watched = await open(browser, full.server, link);
  await watched.page.locator("canvas.heat").waitFor();
  await watched.page.getByRole("tab", { name: "Heatmap", selected: true }).waitFor();
  await closeClean(watched);
});
