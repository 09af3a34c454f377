// How it feels under the hand: zoom and crosshair on charts, old lines that stay, requests that are given up,
// keys, what is annotated, focus that is seen, motion that is left out, paper and narrow screens.

import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { axe, closeClean, launch, open, settled } from "./browser";
import { type Scene, scene } from "./scene";
import { PATIENCE_MS } from "./server";

let browser: Browser;
let full: Scene;

const chart = (id: number, x: number, expr: string): object => ({
  id,
  type: "timeseries",
  title: `Chart ${id}`,
  gridPos: { x, y: 0, w: 12, h: 10 },
  options: { tooltip: { mode: "multi" }, legend: { displayMode: "table", calcs: ["max"] } },
  targets: [{ refId: "A", expr }],
});

const FEEL = {
  uid: "feel",
  title: "Feel",
  schemaVersion: 41,
  time: { from: "now-5m", to: "now" },
  graphTooltip: 1,
  annotations: {
    list: [
      {
        name: "Alerts",
        enable: false,
        iconColor: "red",
        target: { type: "tags", tags: ["alert"] },
      },
    ],
  },
  panels: [
    chart(1, 0, "shop_queue_length"),
    chart(2, 12, "shop_orders_total"),
    {
      id: 3,
      type: "stat",
      title: "Half",
      gridPos: { x: 0, y: 10, w: 12, h: 5 },
      targets: [
        { refId: "A", expr: "shop_queue_length" },
        { refId: "B", expr: "sum(" },
      ],
    },
    {
      id: 4,
      type: "stat",
      title: "Nothing",
      gridPos: { x: 12, y: 10, w: 12, h: 5 },
      targets: [{ refId: "A", expr: "nobody_knows_this" }],
    },
  ],
};

async function send<T>(path: string, body?: unknown): Promise<T> {
  const answer = await fetch(new URL(path, full.server.url), {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  expect(answer.status, text).toBeLessThan(300);
  return JSON.parse(text) as T;
}

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
  await send("api/flyball/v1/dashboards/import", { dashboard: FEEL });
  await send("api/flyball/v1/dashboards/import", {
    dashboard: { ...FEEL, uid: "tips", title: "Tips", graphTooltip: 2 },
  });
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

const panel = (page: Page, id: number) => page.locator(`[data-panel="${id}"]`);
const param = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);

async function drawn(page: Page, id = 1): Promise<void> {
  await page.locator(`[data-panel="${id}"][data-state=ready] canvas`).waitFor();
}

/** A place in the plot of a panel, as shares of its width and height. */
async function at(page: Page, id: number, x: number, y = 0.5): Promise<[number, number]> {
  const box = await panel(page, id).locator(".u-over").boundingBox();
  if (!box) throw new Error(`panel ${id} has no plot`);
  return [box.x + box.width * x, box.y + box.height * y];
}

describe("a chart", () => {
  it("zooms with ctrl and the wheel, and the back button goes back", async () => {
    const watched = await open(browser, full.server, "/d/feel");
    const { page } = watched;
    await drawn(page);
    await page.mouse.move(...(await at(page, 1, 0.5)));
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -200);
    await page.keyboard.up("Control");
    await page.waitForURL((url) => /^\d{13}$/.test(url.searchParams.get("from") ?? ""));
    const length = Number(param(page, "to")) - Number(param(page, "from"));
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(300_000);
    await page.goBack();
    await page.getByRole("button", { name: /Last 5 minutes/ }).waitFor();
    // Without ctrl the page scrolls.
    await page.mouse.wheel(0, -200);
    expect(param(page, "from")).toBeNull();
    await closeClean(watched);
  });

  it("shares its crosshair, and what it says when the dashboard wants that", async () => {
    for (const [uid, tips] of [
      ["feel", 1],
      ["tips", 2],
    ] as const) {
      const watched = await open(browser, full.server, `/d/${uid}`);
      const { page } = watched;
      await drawn(page);
      await drawn(page, 2);
      const line = (id: number) =>
        panel(page, id)
          .locator(".u-cursor-x")
          .evaluate((element) =>
            element.classList.contains("u-off")
              ? "off"
              : Math.round(new DOMMatrix(getComputedStyle(element).transform).e),
          );
      const [left, right] = [await at(page, 1, 0), await at(page, 1, 1)];
      await page.mouse.move(...(await at(page, 1, 0.95)));
      await expect.poll(() => line(2), { timeout: PATIENCE_MS }).toBeGreaterThan(0);
      const width = (await panel(page, 2).locator(".u-over").boundingBox())?.width ?? 0;
      const share = Number(await line(1)) / (right[0] - left[0]);
      expect(Math.abs(Number(await line(2)) / width - share)).toBeLessThan(0.02);
      expect(await page.locator(".chart-tip:not([hidden])").count()).toBe(tips);
      await closeClean(watched);
    }
  });

  it("keeps its old lines, dimmed, while a new range loads, and gives up what nobody waits for", async () => {
    const watched = await open(browser, full.server, "/d/feel?viewPanel=1");
    const { page } = watched;
    await drawn(page);
    const given: string[] = [];
    page.on("requestfailed", (request) => given.push(request.failure()?.errorText ?? ""));
    const held: Route[] = [];
    await page.route(/query_range/, (route) => void held.push(route));
    await page.keyboard.type("tz");
    await page.locator('.chart[aria-busy="true"] canvas').waitFor();
    await expect.poll(() => held.length, { timeout: PATIENCE_MS }).toBe(1);
    const plot = page.locator(".chart-plot");
    await expect
      .poll(() => plot.evaluate((element) => Number(getComputedStyle(element).opacity)))
      .toBeLessThan(0.8);
    await page.keyboard.type("tz");
    await expect.poll(() => held.length, { timeout: PATIENCE_MS }).toBe(2);
    await expect.poll(() => given, { timeout: PATIENCE_MS }).toEqual(["net::ERR_ABORTED"]);
    await held[1]!.continue();
    await page.locator('.chart[aria-busy="false"] canvas').waitFor();
    expect(await panel(page, 1).getAttribute("data-state")).toBe("ready");
    await closeClean(watched);
  });

  it("says what it took; what failed and what is not there is told apart", async () => {
    const watched = await open(browser, full.server, "/d/feel");
    const { page } = watched;
    await drawn(page);
    await panel(page, 1).hover();
    const took = await panel(page, 1).locator(".panel-took").innerText();
    expect(took).toMatch(/^\d+ ms · 1 series · \d+ points$/);
    await panel(page, 3).and(page.locator("[data-state=partial]")).waitFor();
    await panel(page, 3).locator(".panel-remarks summary").click();
    await panel(page, 3)
      .getByText(/^Query B: /)
      .waitFor();
    await panel(page, 3).locator(".stat-value", { hasText: "3" }).waitFor();
    await panel(page, 4).getByText("No data").waitFor();
    await closeClean(watched);
  });
});

describe("annotations", () => {
  interface Kept {
    readonly text: string;
    readonly time: number;
    readonly timeEnd?: number;
    readonly panelId?: number;
    readonly tags: readonly string[];
  }

  async function kept(): Promise<readonly Kept[]> {
    const range = `from=${Date.now() - 3_600_000}&to=${Date.now() + 60_000}`;
    const path = `api/flyball/v1/annotations?${range}&dashboardUID=feel&type=annotation`;
    return (await send<{ annotations: Kept[] }>(path)).annotations;
  }

  it("are made with ctrl on a chart, seen there, and deleted", async () => {
    const watched = await open(browser, full.server, "/d/feel");
    const { page } = watched;
    await drawn(page);
    await page.keyboard.down("Control");
    await page.mouse.click(...(await at(page, 1, 0.9, 0.4)));
    await page.keyboard.up("Control");
    const dialog = page.getByRole("dialog", { name: "Annotate" });
    await dialog.getByLabel("What happened").fill("shop v2.3 is out");
    await dialog.getByLabel("Tags").fill("deploy, shop");
    expect(await dialog.getByLabel("Only on the panel Chart 1").isChecked()).toBe(true);
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Annotate" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(await kept()).toMatchObject([
      { text: "shop v2.3 is out", tags: ["deploy", "shop"], panelId: 1 },
    ]);
    const says = async (id: number): Promise<boolean> => {
      for (const dx of [0, 3, -3]) {
        const [x, y] = await at(page, id, 0.9, 0.98);
        await page.mouse.move(x + dx, y);
        const tips = await panel(page, id).locator(".chart-tip:not([hidden])").allInnerTexts();
        if (tips.some((tip) => tip.includes("shop v2.3 is out"))) return true;
      }
      return false;
    };
    await expect.poll(() => says(1), { timeout: PATIENCE_MS }).toBe(true);
    expect(await says(2)).toBe(false);
    // A stretch, by the keyboard's menu or a drag.
    await page.keyboard.down("Control");
    await page.mouse.move(...(await at(page, 2, 0.5, 0.4)));
    await page.mouse.down();
    await page.mouse.move(...(await at(page, 2, 0.7, 0.4)), { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up("Control");
    await dialog.getByLabel("What happened").fill("load test");
    await dialog.getByLabel("Only on the panel Chart 2").uncheck();
    await dialog.getByRole("button", { name: "Delete shop v2.3 is out" }).click();
    await dialog
      .getByRole("button", { name: "Delete shop v2.3 is out" })
      .waitFor({ state: "detached" });
    await dialog.getByRole("button", { name: "Annotate" }).click();
    await dialog.waitFor({ state: "detached" });
    const [made, ...others] = await kept();
    expect(others).toEqual([]);
    expect(made).toMatchObject({ text: "load test", tags: [] });
    expect(made?.panelId).toBeUndefined();
    expect((made?.timeEnd ?? 0) - (made?.time ?? 0)).toBeGreaterThan(30_000);
    expect(param(page, "from")).toBeNull();
    await closeClean(watched);
  });

  it("that are off at first are switched on, in the address", async () => {
    const watched = await open(browser, full.server, "/d/feel");
    const { page } = watched;
    const alerts = page.getByRole("checkbox", { name: "Alerts" });
    expect(await alerts.isChecked()).toBe(false);
    await alerts.check();
    await page.waitForURL((url) => url.searchParams.get("showAnnotations") === "Alerts");
    await page.reload();
    expect(await alerts.isChecked()).toBe(true);
    await alerts.uncheck();
    expect(param(page, "showAnnotations")).toBeNull();
    await closeClean(watched);
  });

  it("and links of a dashboard have forms", async () => {
    const watched = await open(browser, full.server, "/d/feel?editview=annotations");
    const { page } = watched;
    const part = page.getByRole("region", { name: "Annotations" });
    await part.getByRole("button", { name: "Add an annotation" }).click();
    const row = part.getByRole("group", { name: "annotation 2" });
    await row.getByLabel("Name").fill("Restarts");
    await row.getByLabel("Shows").selectOption("query");
    await row.getByLabel("Expression").fill("changes(process_start_time_seconds[1m]) > 0");
    await row.getByLabel("Panels of the annotation").selectOption("only");
    await row.getByLabel("Chart 2").check();
    await row.getByLabel("On when the dashboard opens").uncheck();
    const links = page.getByRole("region", { name: "Links" });
    await links.getByRole("button", { name: "Add a link" }).click();
    await links.getByLabel("Title").fill("Runbook");
    await links.getByLabel("Address").fill("/explore?g0.expr=up");
    expect(await axe(page)).toEqual([]);
    await page.getByRole("button", { name: "Done" }).last().click();
    await page.getByRole("checkbox", { name: "Restarts" }).waitFor();
    const link = page.getByRole("link", { name: "Runbook" });
    expect(await link.getAttribute("href")).toContain("/explore?g0.expr=up");
    await closeClean(watched);
  });
});

describe("keys of Grafana", () => {
  it("choose the theme, the profile, the view and the fit of a dashboard", async () => {
    const watched = await open(browser, full.server, "/d/feel");
    const { page } = watched;
    await drawn(page);
    await page.keyboard.type("ct");
    await page.locator('html[data-theme="dark"]').waitFor({ state: "attached" });
    await page.keyboard.type("dv");
    await page.locator("header.bar").waitFor({ state: "detached" });
    expect(await page.getByRole("heading", { name: "Feel" }).isVisible()).toBe(true);
    await page.keyboard.type("dv");
    await page.locator("header.bar").waitFor();
    await page.setViewportSize({ width: 1440, height: 500 });
    const overflow = () => page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    expect(await overflow()).toBeGreaterThan(0);
    await page.keyboard.type("da");
    await expect.poll(overflow, { timeout: PATIENCE_MS }).toBeLessThanOrEqual(0);
    expect(param(page, "autofitpanels")).toBe("1");
    await page.keyboard.type("gp");
    await page.waitForURL("**/profile");
    await page.getByLabel("Zone of times").selectOption("Asia/Tokyo");
    await page.goto(new URL("explore", full.server.url).href);
    await page.getByRole("button", { name: /Time range/ }).click();
    expect(await page.getByLabel("Zone").inputValue()).toBe("Asia/Tokyo");
    await closeClean(watched);
  });
});

it("what is not there says where to go on", async () => {
  const watched = await open(browser, full.server, "/d/nowhere");
  const { page } = watched;
  await page.getByText('there is no dashboard "nowhere"').waitFor();
  await page.locator("#main").getByRole("link", { name: "All dashboards" }).click();
  await page.waitForURL("**/dashboards");
  await closeClean(watched);
});

it("ranges are typed, absolute and rounded ones too, on the clock of a zone", async () => {
  const watched = await open(browser, full.server, "/explore?g0.expr=up");
  const { page } = watched;
  const range = page.getByRole("button", { name: /Time range/ });
  await range.click();
  await page.getByLabel("From").fill("2026-01-01 13:00");
  await page.getByLabel("To", { exact: true }).fill("soon");
  await page.getByText("Not a time").waitFor();
  await page.getByLabel("To", { exact: true }).fill("2026-01-01 14:30");
  await page.getByRole("button", { name: "Show this range" }).click();
  expect(param(page, "from")).toBe("2026-01-01 13:00");
  await page.getByText("2026-01-01 13:00:00 to 2026-01-01 14:30:00").waitFor();
  await range.click();
  await page.getByLabel("Zone").selectOption("utc");
  expect(param(page, "tz")).toBe("utc");
  await page.getByRole("button", { name: "Today so far" }).click();
  expect([param(page, "from"), param(page, "to")]).toEqual(["now/d", "now"]);
  expect(await page.locator("body").innerText()).not.toMatch(/\d\s?[ap]\.?m\b/i);
  await closeClean(watched);
});

it("the focus is seen wherever the tab key leads", async () => {
  const watched = await open(browser, full.server, "/");
  const { page } = watched;
  await settled(page);
  const unseen: string[] = [];
  for (let step = 0; step < 25; step++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return "";
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const isSeen = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
      return isSeen ? "" : element.outerHTML.slice(0, 120);
    });
    if (found) unseen.push(found);
  }
  expect(unseen).toEqual([]);
  await closeClean(watched);
});

it("who wants less motion gets none", async () => {
  const slowest = (page: Page) =>
    page.evaluate(() => {
      const seconds = (text: string) => Math.max(...text.split(",").map(Number.parseFloat));
      const of = (element: Element) => {
        const { transitionDuration, animationDuration } = getComputedStyle(element);
        return Math.max(seconds(transitionDuration), seconds(animationDuration));
      };
      return Math.max(...[...document.querySelectorAll("*")].map(of));
    });
  const watched = await open(browser, full.server, "/d/feel");
  await drawn(watched.page);
  expect(await slowest(watched.page)).toBeLessThanOrEqual(0.001);
  await watched.page.emulateMedia({ reducedMotion: "no-preference" });
  expect(await slowest(watched.page)).toBeGreaterThan(0.01);
  await closeClean(watched);
});

it("paper has the title and the panels, and nothing to press", async () => {
  const watched = await open(browser, full.server, "/d/feel", { theme: "dark" });
  const { page } = watched;
  await drawn(page);
  await page.emulateMedia({ media: "print" });
  expect(await page.getByRole("heading", { name: "Feel" }).isVisible()).toBe(true);
  expect(await page.locator("header.bar").isVisible()).toBe(false);
  const pressed = await page
    .locator("button:visible, input:visible, select:visible")
    .evaluateAll((all) =>
      all.filter((one) => !one.closest(".chart-legend")).map((one) => one.outerHTML),
    );
  expect(pressed).toEqual([]);
  expect((await page.pdf()).byteLength).toBeGreaterThan(10_000);
  await closeClean(watched);
});

it("a narrow screen leads everywhere, and what opens fits it", async () => {
  const watched = await open(browser, full.server, "/d/feel", { width: 390, height: 844 });
  const { page } = watched;
  await drawn(page);
  const overflow = () =>
    page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
  expect(await overflow()).toBeLessThanOrEqual(0);
  const widths = await page
    .locator(".panel")
    .evaluateAll((panels) => panels.map((one) => one.clientWidth));
  expect(Math.min(...widths)).toBeGreaterThan(340);
  const fits = async (what = page.getByRole("dialog")): Promise<void> => {
    const box = await what.boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
  };
  await page.getByRole("button", { name: /Time range/ }).click();
  await fits();
  await page.keyboard.press("Escape");
  // A second version: the first one can be compared and restored.
  const saved = await page.request.put(
    new URL("api/flyball/v1/dashboards/feel", full.server.url).href,
    { data: { dashboard: { ...FEEL, description: "x" }, message: "the queue has its own colour" } },
  );
  expect(saved.status(), await saved.text()).toBe(200);
  await page.goto(new URL("d/feel?editview=annotations", full.server.url).href);
  await page.getByRole("dialog").waitFor();
  await fits();
  await fits(page.getByRole("tab").last());
  expect(await overflow()).toBeLessThanOrEqual(0);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Versions" }).click();
  const version = page.getByRole("dialog").getByRole("row").filter({ hasText: "the queue" });
  expect(await version.getByRole("cell").nth(1).innerText()).toMatch(/^\d{4}-\d\d-\d\d /);
  const top = async (cell: number) => (await version.getByRole("cell").nth(cell).boundingBox())?.y;
  expect(await top(2), "what changed stands below").toBeGreaterThan((await top(1)) ?? Infinity);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Pages" }).click();
  await page.getByRole("menuitem", { name: "Alerts" }).click();
  await page.locator(".alert-row").first().click();
  await page.getByRole("complementary", { name: /^Alert / }).waitFor();
  expect(await overflow()).toBeLessThanOrEqual(0);
  await page.goto(new URL("explore?g0.expr=up", full.server.url).href);
  // Until the editor is there the button stands elsewhere.
  await page.locator(".explore-cost", { hasText: "series" }).waitFor();
  await page.getByRole("button", { name: /^Asked before/ }).click();
  await fits(page.getByRole("menu"));
  await closeClean(watched);
});
