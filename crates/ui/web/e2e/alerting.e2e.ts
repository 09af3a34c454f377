// Alerts, silences, rules and routes: what fires is seen, silenced, explained; a restart changes nothing.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { axe, closeClean, launch, open, settled } from "./browser";
import { type Scene, scene } from "./scene";

let browser: Browser;
let full: Scene;

/** Alerts that another server sends; enough that they cannot all be in the page. */
const MANY = 2000;

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  const alerts = Array.from({ length: MANY }, (_none, at) => ({
    labels: { alertname: "Pushed", severity: "info", team: at % 2 ? "web" : "db", n: String(at) },
    endsAt,
  }));
  const response = await fetch(`${full.server.url}api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts),
  });
  expect(response.status).toBe(200);
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

it("lists thousands of alerts densely, and only what can be seen is in the page", async () => {
  const watched = await open(browser, full.server, "/alerts", { width: 1920, height: 1080 });
  const { page } = watched;
  await page.getByRole("button", { name: /2,0\d\d firing/ }).waitFor();
  const rows = page.locator(".alert-row, .group-head");
  expect(await rows.count()).toBeLessThan(150);
  const heights = await rows.evaluateAll(
    (all) =>
      all.filter((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      }).length,
  );
  expect(heights).toBeGreaterThanOrEqual(50);
  await closeClean(watched);
});

it("opens links of Alertmanager narrowed, and shows an alert with its reasons", async () => {
  const watched = await open(browser, full.server, '/#/alerts?filter={alertname="ShopQueueLong"}');
  const { page } = watched;
  await page.locator(".alert-row").first().click();
  const detail = page.getByRole("complementary", { name: "Alert ShopQueueLong" });
  await detail.getByText("Orders wait for too long").waitFor();
  await detail.getByText("Last day: fired").waitFor();
  expect(new URL(page.url()).searchParams.get("alert")).not.toBeNull();
  expect(await axe(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await detail.waitFor({ state: "detached" });
  await closeClean(watched);
});

it("the palette reaches every alert, those of other servers and rules that are quiet too", async () => {
  const watched = await open(browser, full.server, "/targets");
  const { page } = watched;
  const search = async (words: string): Promise<void> => {
    await settled(page);
    await page.keyboard.press("Control+k");
    await page.getByLabel("Page, dashboard, metric or alert").fill(words);
  };
  const option = (name: RegExp) => page.getByRole("option", { name }).first();
  await search("pushed n=1742");
  await option(/n=1742/).click();
  await page.getByRole("complementary", { name: "Alert Pushed" }).getByText("1742").waitFor();
  await search("ShopQueueLong");
  await option(/^ShopQueueLong.*severity=high/).click();
  await page.getByRole("complementary", { name: "Alert ShopQueueLong" }).waitFor();
  await search("ShopSoon");
  await option(/rule, pending/).click();
  await page.locator(".rule-row", { hasText: "ShopSoon" }).waitFor();
  await closeClean(watched);
});

it("silences with a preview, survives a restart, and ends the silence", async () => {
  const watched = await open(
    browser,
    full.server,
    '/#/silences/new?filter={alertname="Pushed",team="db"}',
  );
  const { page } = watched;
  await page.getByRole("heading", { name: "Mutes 1,000 alerts that fire now" }).waitFor();
  await page.getByRole("button", { name: "Silence", exact: true }).click();
  await page.getByText("who makes it?").waitFor();
  expect(await axe(page)).toEqual([]);
  await page.getByLabel("Why").fill("maintenance");
  await page.getByLabel("Who").fill("ann");
  await page.getByRole("button", { name: "4h", exact: true }).click();
  await page.getByRole("button", { name: "Silence", exact: true }).click();
  await page.getByRole("heading", { name: "Silence", exact: true }).waitFor();
  await full.server.stop();
  await page.getByText(/disconnected since/).waitFor();
  await full.server.run();
  await page.getByText(/disconnected since/).waitFor({ state: "detached" });
  await page.reload();
  await page.getByText("maintenance").waitFor();
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.getByRole("button", { name: "End it" }).click();
  await page.locator(".badge", { hasText: "expired" }).waitFor();
  await closeClean(watched);
});

it("finds rules by words and state, inactive ones too", async () => {
  const watched = await open(browser, full.server, "/rules?search=shop");
  const { page } = watched;
  await page.locator(".rule-row", { hasText: "shop:orders:rate1m" }).waitFor();
  await page
    .locator(".state-counts")
    .getByRole("button", { name: /pending/ })
    .click();
  await page.locator(".rule-row", { hasText: "shop:orders:rate1m" }).waitFor({ state: "detached" });
  await page.locator(".rule-row", { hasText: "ShopSoon" }).click();
  await page.getByRole("dialog").getByText("fires after").waitFor();
  expect(new URL(page.url()).searchParams.get("state")).toBe("pending");
  await closeClean(watched);
});

it("tells who would be told of a label set", async () => {
  const watched = await open(browser, full.server, '/routes?labels=team="db"');
  await settled(watched.page);
  await watched.page.getByText("The way is marked in the tree.").waitFor();
  expect(await watched.page.locator(".route-tree .told").count()).toBe(1);
  await closeClean(watched);
});

it("narrows targets by health and shows what their labels were made of", async () => {
  const watched = await open(browser, full.server, "/targets?health=down");
  const { page } = watched;
  const row = page.getByRole("row", { name: /gone/ });
  await row.waitFor();
  expect(await page.getByRole("row", { name: /shop/ }).count()).toBe(0);
  await row.click();
  await page.getByRole("dialog").getByRole("cell", { name: "__address__" }).waitFor();
  await page.getByRole("dialog").getByText("The job has no relabel_configs.").waitFor();
  await closeClean(watched);
});
