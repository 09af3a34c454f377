// Changes of a dashboard that nobody saved are never lost: reloads, closed windows, links that are followed.

import type { Browser, Dialog, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeClean, launch, open } from "./browser";
import { type Scene, scene } from "./scene";
import { until } from "./server";

let browser: Browser;
let full: Scene;

const board = (uid: string) => ({
  uid,
  title: "Drafted",
  schemaVersion: 41,
  time: { from: "now-1m", to: "now" },
  panels: [
    {
      id: 1,
      type: "stat",
      title: "Queue",
      gridPos: { x: 0, y: 0, w: 6, h: 4 },
      targets: [{ refId: "A", expr: "shop_queue_length" }],
    },
  ],
});

async function keep(uid: string, title = "Drafted"): Promise<void> {
  const answer = await fetch(new URL(`api/flyball/v1/dashboards/${uid}`, full.server.url), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dashboard: { ...board(uid), title } }),
  });
  expect(answer.status, await answer.text()).toBeLessThan(300);
}

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

const kept = (page: Page) =>
  page.waitForFunction(() => Object.keys(localStorage).some((key) => key.includes("draft")));
const offer = (page: Page) => page.getByRole("region", { name: "Draft" });
const added = (page: Page) => page.getByRole("heading", { name: "Mine now" });

/** Adds a panel with a title of its own, and goes back to the dashboard. */
async function change(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.waitForFunction(() => location.search.includes("edit=1"));
  await page.getByRole("button", { name: "Add panel" }).click();
  await page.getByLabel("Title").fill("Mine now");
  await kept(page);
}

describe("what was changed and not saved", () => {
  it("is offered after a reload, in the editor and where it was", async () => {
    await keep("reloaded");
    const watched = await open(browser, full.server, "/d/reloaded");
    const { page } = watched;
    await change(page);
    const asked: string[] = [];
    page.on("dialog", (dialog: Dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    await page.reload();
    expect(asked).toEqual(["beforeunload"]);
    await page.getByText("There is no panel 2").waitFor();
    await offer(page).getByRole("button", { name: "Compare" }).click();
    await offer(page).locator(".differences ins").first().waitFor();
    await offer(page).getByRole("button", { name: "Restore" }).click();
    expect(await page.getByLabel("Title").inputValue()).toBe("Mine now");
    await page.getByRole("button", { name: "Back to dashboard" }).click();
    await added(page).waitFor();
    expect(await page.getByRole("button", { name: "Add panel" }).count()).toBe(1);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("unsaved").waitFor({ state: "detached" });
    await page.waitForFunction(
      () => !Object.keys(localStorage).some((key) => key.includes("draft")),
    );
    await page.reload();
    await added(page).waitFor();
    expect(asked).toHaveLength(1);
    expect(await offer(page).count()).toBe(0);
    await closeClean(watched);
  });

  it("is kept when a link is followed or the window closed, until it is thrown away", async () => {
    await keep("followed");
    const watched = await open(browser, full.server, "/d/followed");
    const { page } = watched;
    await change(page);
    await page.getByRole("link", { name: "Targets" }).first().click();
    await page.getByText("is kept as a draft").waitFor();
    const elsewhere = await page.context().newPage();
    await elsewhere.goto(new URL("d/followed", full.server.url).href);
    await offer(elsewhere).getByRole("button", { name: "Throw away" }).click();
    await offer(elsewhere).waitFor({ state: "detached" });
    await elsewhere.reload();
    await elsewhere.getByRole("heading", { name: "Queue" }).waitFor();
    // The keys of a dashboard come a moment after it is drawn.
    const save = elsewhere.getByRole("dialog");
    await until("the dialog of a save", async () => {
      await elsewhere.keyboard.press("d");
      await elsewhere.keyboard.press("s");
      await save.waitFor({ timeout: 1000 }).catch(() => undefined);
      return (await save.count()) > 0 ? true : undefined;
    });
    expect(await offer(elsewhere).count()).toBe(0);
    await closeClean(watched);
  });

  it("says when somebody saved in between, and does not overwrite that", async () => {
    await keep("raced");
    const watched = await open(browser, full.server, "/d/raced");
    const { page } = watched;
    await change(page);
    await keep("raced", "Saved by another");
    page.on("dialog", (dialog: Dialog) => void dialog.accept());
    await page.goto(new URL("d/raced?edit=1", full.server.url).href);
    await offer(page).getByText("version 2 is there now").waitFor();
    await offer(page).getByRole("button", { name: "Restore" }).click();
    await added(page).waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Somebody else saved this dashboard meanwhile").waitFor();
    await closeClean(watched);
  });
});

describe("views of the editor", () => {
  it.each([
    ["editview=settings", "General"],
    ["editview=variables", "Variables"],
    ["editview=annotations", "Annotations and links"],
    ["editview=json-model", "JSON"],
  ])("are opened by Grafana's %s", async (query, tab) => {
    await keep("settings");
    const watched = await open(browser, full.server, `/d/settings?${query}`);
    await watched.page.getByRole("tab", { name: tab, selected: true }).waitFor();
    await closeClean(watched);
  });
});
