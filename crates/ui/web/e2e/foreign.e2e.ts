// Dashboards of others, valid and unusual: old graphs, singlestats and tables, rows that repeat, variables of
// every kind, resources with tabs, rare transformations, null and nonsense. Each is imported and drawn whole;
// what is not carried out is named in its report by JSON path.

import { readdirSync, readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeClean, launch, open } from "./browser";
import { type Scene, scene } from "./scene";

const FOLDER = new URL("foreign/", import.meta.url).pathname;
const NAMES = readdirSync(FOLDER).map((name) => name.replace(/\.json$/, ""));

let browser: Browser;
let full: Scene;

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

interface Remark {
  readonly path: string;
  readonly message: string;
}

async function imported(name: string): Promise<readonly Remark[]> {
  const dashboard: unknown = JSON.parse(readFileSync(`${FOLDER}${name}.json`, "utf8"));
  const answer = await fetch(new URL("api/flyball/v1/dashboards/import", full.server.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dashboard, uid: name, overwrite: true }),
  });
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return (JSON.parse(text) as { report: Remark[] }).report;
}

async function openRows(page: Page): Promise<void> {
  const closed = page.locator(".row-head button[aria-expanded=false]");
  // Rows of a tab stand inside of its row.
  for (let left = 12; left > 0 && (await closed.count()) > 0; left--) await closed.first().click();
  await page.setViewportSize({ width: 1440, height: 5000 });
}

interface Seen {
  readonly title: string;
  readonly type: string;
  readonly state: string;
  readonly said: string;
}

const panelsOf = (page: Page): Promise<Seen[]> =>
  page.locator(".panel").evaluateAll((panels) =>
    panels.map((panel) => ({
      title: panel.getAttribute("aria-label") ?? "",
      type: panel.getAttribute("data-type") ?? "",
      state: panel.getAttribute("data-state") ?? "",
      said: panel.querySelector(".panel-problem, .panel-note, .panel-state")?.textContent ?? "",
    })),
  );

const BUSY = ["waiting", "loading", "failed"];

describe("a foreign dashboard", () => {
  it.each(NAMES)("%s is drawn whole", async (name) => {
    const report = await imported(name);
    const watched = await open(browser, full.server, `/d/${name}?from=now-5m&to=now`);
    const { page } = watched;
    await page.locator(".panel").first().waitFor();
    await openRows(page);
    await expect
      .poll(async () => (await panelsOf(page)).filter(({ state }) => BUSY.includes(state)))
      .toEqual([]);
    for (const { title, type, state, said } of await panelsOf(page)) {
      // A panel without anything says why.
      if (state === "empty" || state === "partial") expect(said, title).not.toBe("");
      if (!/^Panels of type/.test(said)) continue;
      expect(report.map(({ message }) => message).join("\n"), title).toContain(`"${type}"`);
    }
    await closeClean(watched);
  });
});

it("texts can be read on a narrow screen", async () => {
  await imported("odd");
  const watched = await open(browser, full.server, "/d/odd", { width: 390, height: 844 });
  const panels = watched.page.locator(".panel[data-type=text]");
  await panels.first().waitFor();
  for (const panel of await panels.all()) {
    await panel.scrollIntoViewIfNeeded();
    const text = panel.locator(".text-panel");
    await text.waitFor();
    expect((await text.boundingBox())?.height, await text.innerText()).toBeGreaterThan(20);
  }
  await closeClean(watched);
});

it("an old table of reduced series has the columns that its styles name", async () => {
  await imported("fourteen");
  const watched = await open(browser, full.server, "/d/fourteen?from=now-5m&to=now");
  await watched.page.locator(".panel").first().waitFor();
  await openRows(watched.page);
  const heads = watched.page.locator('.panel[aria-label="Old table"] thead th');
  await expect.poll(() => heads.allInnerTexts()).toEqual(["Mode", "Avg"]);
  await closeClean(watched);
});
