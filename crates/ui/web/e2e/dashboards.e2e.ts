// Dashboards in a real browser: zoom, rows and viewed panels in the address; import, editing, versions.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeClean, launch, open } from "./browser";
import { type Scene, scene } from "./scene";

let browser: Browser;
let full: Scene;

const small = {
  uid: "small",
  title: "Small",
  schemaVersion: 41,
  time: { from: "now-1m", to: "now" },
  templating: {
    list: [
      {
        name: "kind",
        type: "query",
        query: "label_values(shop_orders_total, kind)",
        multi: true,
        includeAll: true,
        sort: 1,
        refresh: 1,
      },
    ],
  },
  panels: [
    {
      id: 1,
      type: "timeseries",
      title: "Orders of $kind",
      repeat: "kind",
      gridPos: { x: 0, y: 0, w: 12, h: 7 },
      targets: [{ refId: "A", expr: 'shop_orders_total{kind=~"$kind"}', legendFormat: "{{kind}}" }],
    },
    {
      id: 2,
      type: "row",
      title: "More",
      collapsed: true,
      gridPos: { x: 0, y: 7, w: 24, h: 1 },
      panels: [
        {
          id: 3,
          type: "stat",
          title: "Queue",
          gridPos: { x: 0, y: 8, w: 6, h: 4 },
          targets: [{ refId: "A", expr: "shop_queue_length" }],
        },
      ],
    },
  ],
};

async function put(dashboard: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = await fetch(new URL("api/flyball/v1/dashboards/import", full.server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dashboard, overwrite: true }),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

async function send(method: string, path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(new URL(path, full.server.url), {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  expect(answer.status, text).toBeLessThan(300);
  return JSON.parse(text);
}

const search = (page: Page) => page.evaluate(() => location.search);

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
  await put(small);
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

describe("a dashboard", () => {
  it("keeps zoom, rows and the viewed panel in the address", async () => {
    const watched = await open(browser, full.server, "/d/small?var-kind=toy");
    const { page } = watched;
    await page.getByRole("button", { name: /More/ }).filter({ hasText: "1 panel" }).click();
    await page.getByRole("heading", { name: "Queue" }).waitFor();
    expect(await search(page)).toContain("rows=2");
    const box = await page.locator('[data-panel="1"] .u-over').boundingBox();
    if (!box) throw new Error("the chart has no place");
    // The server is young: what it has measured stands at the right edge.
    await page.mouse.move(box.x + box.width * 0.4, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width - 1, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => /from=\d{13}&to=\d{13}/.test(location.search));
    await page.locator('[data-panel="1"]').hover();
    await page.keyboard.press("v");
    await page.waitForFunction(() => location.search.includes("viewPanel=1"));
    await page.reload();
    await page.locator('.view-panel [data-panel="1"] .u-over').waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Queue" }).waitFor();
    await closeClean(watched);
  });

  it("is imported, edited, saved, compared and restored", async () => {
    const watched = await open(browser, full.server, "/dashboards?import=1");
    const { page } = watched;
    await page
      .getByLabel("Dashboard JSON")
      .fill(JSON.stringify({ ...small, uid: "mine", title: "Mine" }));
    await page.getByRole("button", { name: "Check" }).click();
    await page.getByRole("button", { name: "Save dashboard" }).click();
    await page.waitForFunction(() => location.pathname.endsWith("/d/mine/mine"));
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("button", { name: "Add panel" }).click();
    await page.getByLabel("Title").fill("Added by hand");
    await page.getByRole("button", { name: "Back to dashboard" }).click();
    await page.getByRole("heading", { name: "Added by hand" }).waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What changed").fill("one more panel");
    await dialog.getByRole("button", { name: "Save", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Versions" }).click();
    await dialog.getByText("one more panel").waitFor();
    await dialog.getByRole("button", { name: "Compare" }).last().click();
    await dialog.locator(".differences ins").first().waitFor();
    await dialog.getByRole("button", { name: "Restore" }).first().click();
    await page.getByRole("heading", { name: "Added by hand" }).waitFor({ state: "detached" });
    await closeClean(watched);
  });
});

describe("a dashboard of many", () => {
  it("is found by words, folder, tag and star", async () => {
    const { uid } = (await send("POST", "api/flyball/v1/folders", { title: "Team toys" })) as {
      uid: string;
    };
    const dashboard = { ...small, uid: "toys", title: "Toy sales", tags: ["toys"] };
    await send("PUT", "api/flyball/v1/dashboards/toys", { dashboard, folder: uid });
    const watched = await open(browser, full.server, "/dashboards");
    const { page } = watched;
    const section = page.locator("section", { hasText: "Team toys" });
    await section.getByRole("link", { name: "Toy sales" }).waitFor();
    await page.getByRole("button", { name: "toys", exact: true }).click();
    expect(await page.locator(".browser-list > li").count()).toBe(1);
    await page.getByRole("button", { name: "Star Toy sales" }).click();
    await page.getByRole("button", { name: "Starred" }).click();
    await page.waitForURL((url) => url.searchParams.get("starred") === "true");
    await page.getByRole("searchbox").fill("team sales");
    await page.getByRole("link", { name: "Toy sales" }).first().waitFor();
    await page.getByRole("searchbox").fill("nobody knows it");
    await page.getByText("No dashboard fits").waitFor();
    await closeClean(watched);
  });

  it("is moved and resized by hand and by keys", async () => {
    await put({
      ...small,
      uid: "moved",
      title: "Moved",
      panels: [{ ...small.panels[0], repeat: undefined }],
    });
    const watched = await open(browser, full.server, "/d/moved?edit=1");
    const { page } = watched;
    const item = page.locator(".grid-item").first();
    const width = async () => Math.round((await item.boundingBox())?.width ?? 0);
    const before = await width();
    const grip = await page.locator(".grip-size").first().boundingBox();
    if (!grip) throw new Error("there is nothing to resize by");
    await page.mouse.move(grip.x + 8, grip.y + 8);
    await page.mouse.down();
    await page.mouse.move(grip.x + 8 + before / 2, grip.y + 8, { steps: 4 });
    await page.mouse.up();
    await expect.poll(width).toBeGreaterThan(before * 1.3);
    const left = async () => Math.round((await item.boundingBox())?.x ?? 0);
    const at = await left();
    await page.getByRole("button", { name: "Move (arrow keys)" }).first().focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(left).toBeGreaterThan(at);
    await page.getByText("unsaved").waitFor();
    page.on("dialog", (dialog) => void dialog.accept());
    await closeClean(watched);
  });
});
