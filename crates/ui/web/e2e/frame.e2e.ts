// The frame: palette, keys, themes, foreign links, prefixes, and a server that goes away.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pages } from "../src/app/pages";
import { axe, closeClean, launch, open, settled } from "./browser";
import { Flyball } from "./server";

let browser: Browser;
let server: Flyball;

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Flyball.start()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
});

const has = (name: string) => pages.some((page) => page.name === name);
const pathOf = (url: string) => new URL(url).pathname;

it("finds pages and metrics by a few letters, with the keyboard alone", async () => {
  await server.hasSeries("node_load1");
  const watched = await open(browser, server, "/");
  const { page } = watched;
  await settled(page);
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox");
  await field.fill("node load1");
  await page
    .getByRole("option", { name: /^node_load1/ })
    .first()
    .waitFor();
  expect(await axe(page)).toEqual([]);
  await field.fill("home");
  await page.keyboard.press("Enter");
  await field.waitFor({ state: "detached" });
  expect(pathOf(page.url())).toBe("/");
  await page.keyboard.press("/");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("combobox").waitFor({ state: "detached" });
  await closeClean(watched);
});

it("the palette leads to every page, every dashboard and every metric", async () => {
  await server.hasSeries("node_load1");
  const watched = await open(browser, server, "/");
  const { page } = watched;
  const choose = async (words: string, name: RegExp): Promise<void> => {
    await settled(page);
    await page.keyboard.press("Control+k");
    await page.getByLabel("Page, dashboard, metric or alert").fill(words);
    await page.getByRole("option", { name }).first().click();
  };
  for (const { title, path } of pages.filter(({ place }) => place !== "none")) {
    await choose(title, new RegExp(`^${title} ?page$`));
    await page.waitForURL((url) => url.pathname === path);
  }
  const answer = await fetch(new URL("api/flyball/v1/dashboards", server.url));
  const { dashboards } = (await answer.json()) as {
    dashboards: { uid: string; title: string }[];
  };
  expect(dashboards.length).toBeGreaterThanOrEqual(8);
  for (const { uid, title } of dashboards) {
    await choose(title, new RegExp(`^${title} ?dashboard$`));
    await page.waitForURL((url) => url.pathname.startsWith(`/d/${uid}`));
  }
  await choose("node_load1", /^node_load1 ?metric$/);
  await page.waitForURL((url) => url.searchParams.get("g0.expr") === "node_load1");
  await closeClean(watched);
});

it("lists its keys", async () => {
  const watched = await open(browser, server, "/");
  await settled(watched.page);
  await watched.page.keyboard.press("?");
  await watched.page.getByRole("heading", { name: "Keys" }).waitFor();
  await watched.page.getByText("Hide or show the header").waitFor();
  expect(await axe(watched.page)).toEqual([]);
  await closeClean(watched);
});

it("keeps the theme that was chosen", async () => {
  const watched = await open(browser, server, "/");
  const { page } = watched;
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.reload();
  await settled(page);
  expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  await closeClean(watched);
});

it("hides the header in a kiosk and gives it back, the back button included", async () => {
  const watched = await open(browser, server, "/?kiosk");
  const { page } = watched;
  await settled(page);
  expect(await page.locator("header.bar").count()).toBe(0);
  await page.keyboard.type("dk");
  await page.locator("header.bar").waitFor();
  await page.goBack();
  await page.locator("header.bar").waitFor({ state: "detached" });
  await closeClean(watched);
});

it("understands links made for Prometheus and Alertmanager", async () => {
  // Each with the path it leads to and a part of what stays in the address.
  const links = [
    ["/graph?g0.expr=up&g0.tab=0", "/explore", "up"],
    ['/#/alerts?filter={alertname="A"}', "/alerts", 'alertname="A"'],
    ["/#/silences/new?filter={a=1}", "/silences/new", "a=1"],
  ] as const;
  for (const [link, path, kept] of links) {
    const watched = await open(browser, server, link);
    await watched.page.waitForURL((url) => url.pathname === path);
    const { search, hash } = new URL(watched.page.url());
    expect(decodeURIComponent(search)).toContain(kept);
    expect(hash).toBe("");
    await closeClean(watched);
  }
});

it("works below any prefix", async () => {
  const below = await Flyball.start({ flags: ["--web.route-prefix=/mon/fly"] });
  try {
    const watched = await open(browser, below, "/");
    const { page } = watched;
    await page.locator(".tile strong", { hasText: "%" }).first().waitFor();
    expect(pathOf(page.url())).toBe("/mon/fly/");
    await page.locator("a.brand").click();
    expect(pathOf(page.url())).toBe("/mon/fly/");
    await closeClean(watched);
  } finally {
    await below.remove();
  }
});

it("says that the server is gone, and goes on when it is back", async () => {
  const watched = await open(browser, server, "/");
  const { page } = watched;
  await page.locator(".tile strong", { hasText: "%" }).first().waitFor();
  await server.stop();
  await page.getByText(/disconnected since .*, retrying/).waitFor();
  // What came last stays.
  expect(await page.locator(".tile strong", { hasText: "%" }).count()).toBeGreaterThan(0);
  await server.run();
  await page.getByText(/disconnected since/).waitFor({ state: "detached" });
  const line = page.locator(".tile .spark-line").first();
  const before = await line.getAttribute("d");
  await page.waitForFunction(
    ([old]) => document.querySelector(".tile .spark-line")?.getAttribute("d") !== old,
    [before],
  );
  await closeClean(watched);
});

it.skipIf(!has("explore"))("keeps range, zone and refresh in the address", async () => {
  const watched = await open(browser, server, "/explore");
  const { page } = watched;
  const shown = (name: string) => new URL(page.url()).searchParams.get(name);
  await page.getByRole("button", { name: /Time range/ }).click();
  expect(await axe(page)).toEqual([]);
  await page.getByRole("button", { name: "Last 6 hours" }).click();
  expect([shown("from"), shown("to")]).toEqual(["now-6h", "now"]);
  await page.getByRole("button", { name: /^Refresh:/ }).click();
  await page.getByRole("menuitemradio", { name: "Every 10s" }).click();
  expect(shown("refresh")).toBe("10s");
  await page.reload();
  await page.getByRole("button", { name: /Last 6 hours/ }).waitFor();
  await page.goBack();
  await page.getByRole("button", { name: /Last hour/ }).waitFor();
  await closeClean(watched);
});

it.skipIf(!has("explore"))("goes to pages by Grafana's keys and back by the button", async () => {
  const watched = await open(browser, server, "/");
  const { page } = watched;
  await settled(page);
  await page.keyboard.type("gx");
  await page.waitForURL("**/explore*");
  await page.goBack();
  await page.locator(".tiles").waitFor();
  await closeClean(watched);
});
