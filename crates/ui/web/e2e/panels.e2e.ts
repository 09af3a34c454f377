// Every type of panel drawn with data, from the JSON that Grafana writes for it; filters, links, print.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axe, chooseCompletion, closeClean, launch, open } from "./browser";
import { everyPanel, TYPES } from "./panel_types";
import { type Scene, scene } from "./scene";

let browser: Browser;
let full: Scene;

const all = everyPanel("Types", "shop_orders_total");

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
  const answer = await fetch(new URL("api/flyball/v1/dashboards/import", full.server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dashboard: all }),
  });
  expect(answer.status, await answer.text()).toBeLessThan(300);
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

const panel = (page: Page, type: string) => page.getByRole("region", { name: `As ${type}` });

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  it("panels of every type are drawn and accessible", async () => {
    const watched = await open(browser, full.server, "d/types", { theme, height: 1800 });
    const { page } = watched;
    for (const { type, shows } of TYPES) {
      await panel(page, type).locator(shows).first().waitFor({ state: "attached" });
    }
    const bar = await panel(page, "bargauge").locator(".bar-fill").first().boundingBox();
    expect((bar?.width ?? 0) * (bar?.height ?? 0)).toBeGreaterThan(400);
    const states = await page
      .locator(".panel")
      .evaluateAll((panels) => panels.map((one) => (one as HTMLElement).dataset.state));
    expect(states.filter((state) => state !== "ready" && state !== "refreshing")).toEqual([]);
    await panel(page, "text")
      .getByText("book + toy")
      .or(panel(page, "text").getByText("All"))
      .waitFor();
    await panel(page, "alertlist").getByText("ShopQueueLong").waitFor();
    await panel(page, "acme-unknown-panel").getByText("acme-unknown-panel").first().waitFor();
    expect(await axe(page)).toEqual([]);
    await closeClean(watched);
  });
});

it("values, viewed panel and range of a link of Grafana are what is shown", async () => {
  const path = "d/types/any-slug?orgId=1&from=now-1m&to=now&var-kind=toy&viewPanel=1&refresh=1m";
  const watched = await open(browser, full.server, path);
  const { page } = watched;
  await panel(page, "timeseries").locator("canvas").waitFor();
  expect(await page.locator(".panel").count()).toBe(1);
  const names = page.locator(".chart-legend-name");
  expect(await names.allInnerTexts()).toEqual(["toy"]);
  await page.getByRole("button", { name: "kind: toy" }).click();
  await page.getByRole("option", { name: "book" }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".chart-legend-name").length === 2);
  expect(new URL(page.url()).searchParams.getAll("var-kind")).toEqual(["toy", "book"]);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll(".chart-legend-name").length === 1);
  await closeClean(watched);
});

it("ad hoc filters narrow every panel, and stand in the address", async () => {
  const watched = await open(browser, full.server, "d/types?viewPanel=1");
  const { page } = watched;
  await page.waitForFunction(() => document.querySelectorAll(".chart-legend-name").length === 2);
  await page.getByRole("button", { name: "Add a filter" }).click();
  await page.getByLabel("Label").fill("kind");
  await page.getByLabel("Operator").selectOption("!=");
  await page.getByLabel("Value").fill("book");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".chart-legend-name").length === 1);
  expect(new URL(page.url()).searchParams.get("var-Filters")).toBe("kind|!=|book");
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll(".chart-legend-name").length === 1);
  await page.getByRole("button", { name: "Remove the filter on kind" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".chart-legend-name").length === 2);
  await closeClean(watched);
});

/** Keeps a dashboard of panels, side by side. */
async function keep(uid: string, panels: readonly object[], rest: object = {}): Promise<void> {
  const placed = panels.map((one, at) => ({
    id: at + 1,
    gridPos: { x: at * 8, y: 0, w: 8, h: 7 },
    ...one,
  }));
  const dashboard = { uid, title: uid, schemaVersion: 39, panels: placed, ...rest };
  const answer = await fetch(new URL("api/flyball/v1/dashboards/import", full.server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dashboard, overwrite: true }),
  });
  expect(answer.status, await answer.text()).toBeLessThan(300);
}

it("heatmaps and states share the crosshair with charts, in both directions", async () => {
  const targets = [{ refId: "A", expr: "shop_orders_total" }];
  await keep(
    "crosshair",
    [
      { type: "timeseries", title: "Line", targets },
      { type: "heatmap", title: "Heat", targets, options: { calculate: true } },
      { type: "state-timeline", title: "States", targets },
    ],
    { graphTooltip: 1 },
  );
  const watched = await open(browser, full.server, "d/crosshair?from=now-2m&to=now");
  const { page } = watched;
  const line = page.locator(".panel .u-over");
  const heat = page.getByRole("region", { name: "Heat" });
  await Promise.all([line.waitFor(), heat.locator("canvas").waitFor()]);
  await page.locator(".state-piece").first().waitFor();
  await line.hover();
  await expect.poll(() => page.locator(".crosshair:not([hidden])").count()).toBe(2);
  await page.locator(".state-track").first().hover();
  await expect.poll(() => page.locator(".crosshair:not([hidden])").count()).toBe(2);
  const [over, cursor] = await Promise.all([
    line.boundingBox(),
    page.locator(".u-cursor-x").boundingBox(),
  ]);
  expect(cursor!.x).toBeGreaterThan(over!.x);
  await page.mouse.move(2, 2);
  await expect.poll(() => page.locator(".crosshair:not([hidden])").count()).toBe(0);
  await closeClean(watched);
});

it("many values in a small panel can be read and scrolled to", async () => {
  const expr = Array.from(
    { length: 40 },
    (_one, at) => `label_replace(vector(${at}), "n", "${at}", "", "")`,
  );
  await keep("small", [
    {
      type: "singlestat",
      title: "Small",
      valueName: "current",
      format: "short",
      gridPos: { x: 0, y: 0, w: 4, h: 4 },
      targets: [{ refId: "A", expr: expr.join(" or "), legendFormat: "{{n}}" }],
    },
  ]);
  const watched = await open(browser, full.server, "d/small");
  const { page } = watched;
  const tiles = page.locator(".stat-tile");
  await expect.poll(() => tiles.count()).toBe(40);
  const sizes = await tiles.evaluateAll((all) => all.map((one) => one.clientHeight));
  expect(Math.min(...sizes)).toBeGreaterThan(30);
  await tiles.last().scrollIntoViewIfNeeded();
  await tiles.last().locator(".stat-value").click({ trial: true });
  expect(await axe(page)).toEqual([]);
  await closeClean(watched);
});

it("links to dashboards of a tag stand beside each other, or in a menu", async () => {
  const link = { type: "dashboards", tags: ["linked"], includeVars: true, keepTime: true };
  await keep("one", [], { title: "First one", tags: ["linked"] });
  await keep("two", [], { title: "Second one", tags: ["linked"] });
  await keep("links", [], {
    links: [
      { ...link, asDropdown: false },
      { ...link, asDropdown: true, title: "Linked" },
    ],
  });
  const watched = await open(browser, full.server, "d/links?from=now-3h&to=now");
  const { page } = watched;
  const first = page.getByRole("link", { name: "First one" });
  await first.waitFor();
  expect(await first.getAttribute("href")).toContain("from=now-3h");
  await page.getByRole("link", { name: "Second one" }).waitFor();
  await page.getByRole("button", { name: "Linked" }).click();
  await page.getByRole("menuitem", { name: "Second one" }).click();
  await page.getByRole("heading", { name: "Second one" }).waitFor();
  await closeClean(watched);
});

it("what is printed is light", async () => {
  const watched = await open(browser, full.server, "d/types?viewPanel=1", { theme: "dark" });
  const { page } = watched;
  await panel(page, "timeseries").locator("canvas").waitFor();
  const seen = await page.evaluate(async () => {
    const look = async () => {
      await Promise.resolve();
      const canvas = document.querySelector("canvas")!;
      return [document.documentElement.dataset.theme ?? "", canvas.toDataURL()] as const;
    };
    const before = await look();
    dispatchEvent(new Event("beforeprint"));
    const printed = await look();
    dispatchEvent(new Event("afterprint"));
    return { before, printed };
  });
  expect(seen.printed[0]).toBe("light");
  expect(seen.printed[1]).not.toBe(seen.before[1]);
  await closeClean(watched);
});

it("goes on where it was when the server is back", async () => {
  const watched = await open(
    browser,
    full.server,
    "d/types?viewPanel=3&refresh=1s&from=now-1m&to=now",
  );
  const { page } = watched;
  const value = panel(page, "stat").locator(".stat-value").first();
  await value.waitFor();
  const shown = await value.innerText();
  await full.server.stop();
  await page.getByText("disconnected since").waitFor();
  expect(await value.innerText()).toBe(shown);
  await full.server.run();
  await page.getByText("disconnected since").waitFor({ state: "detached" });
  await page.waitForFunction(
    () => document.querySelector(".panel")?.getAttribute("data-state") === "ready",
  );
  await closeClean(watched);
});

it("panels are edited by forms: mappings, overrides, links, transformations, expressions", async () => {
  const watched = await open(browser, full.server, "d/types?editPanel=3");
  const { page } = watched;
  await page.locator(".stat-value").first().waitFor();
  await page.getByText("Value mappings", { exact: true }).click();
  await page.getByRole("button", { name: "Add a mapping" }).click();
  await page.getByLabel("Kind of the mapping").selectOption("range");
  await page.getByLabel("From").fill("0");
  await page.getByLabel("To", { exact: true }).fill("1000");
  await page.getByLabel("Text that is shown").fill("plenty");
  await page.locator(".stat-value").getByText("plenty").first().waitFor();
  await page.getByText("Overrides", { exact: true }).click();
  await page.getByRole("button", { name: "Add an override" }).click();
  await page.getByLabel("Name, pattern, query or type").fill("book");
  await page.getByLabel("Add a property").selectOption("displayName");
  await page
    .getByRole("group", { name: "override 1" })
    .getByLabel("Name", { exact: true })
    .fill("Paper");
  await page.locator(".stat-name").getByText("Paper").waitFor();
  await page.getByRole("tab", { name: /Transformations/ }).click();
  await page.getByRole("button", { name: "Add a transformation" }).click();
  await page.getByRole("combobox", { name: "Transformation" }).selectOption("renameByRegex");
  await page.getByLabel("Pattern", { exact: true }).fill("toy");
  await page.getByLabel("New name", { exact: true }).fill("Bricks");
  await page.locator(".stat-name").getByText("Bricks").waitFor();
  await page.getByRole("tab", { name: /Queries/ }).click();
  const field = page.getByRole("textbox", { name: "Expression of query A" });
  await field.click();
  await page.locator("[data-editor=promql]").waitFor();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("shop_queue_len");
  await chooseCompletion(page, "shop_queue_length");
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction(() => document.querySelectorAll(".stat-value").length === 1);
  expect(await axe(page)).toEqual([]);
  await closeClean(watched);
});
