// Home tells what is wrong and why, and lives.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closeClean, launch, open, settled } from "./browser";
import { empty, type Scene, scene } from "./scene";
import { Flyball } from "./server";

let browser: Browser;
let full: Scene;

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene()]);
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

it("names firing alerts and targets that are down, with their reasons", async () => {
  const watched = await open(browser, full.server, "/");
  const { page } = watched;
  const trouble = page.locator(".trouble", { hasText: "ShopQueueLong" });
  await trouble.waitFor();
  expect(await trouble.textContent()).toContain("Orders wait for too long");
  expect(await trouble.textContent()).toContain("Start more workers");
  const down = page.locator(".trouble", { hasText: "Target is down" });
  await down.waitFor();
  expect(await down.textContent()).toContain("gone: 127.0.0.1:9");
  await page.getByText(/^\d+ pending$/).waitFor();
  await closeClean(watched);
});

it("begins with the score, its worst reason and the way to all of them", async () => {
  const watched = await open(browser, full.server, "/");
  const score = watched.page.getByRole("region", { name: "The whole system" });
  await score.getByText(/of 100, (degraded|impaired|critical): .+ points\)/).waitFor();
  await score.getByRole("link", { name: "Health: all reasons" }).click();
  await watched.page.getByRole("heading", { name: "What to do next" }).waitFor();
  await closeClean(watched);
});

it("shows this host and goes on by itself", async () => {
  const watched = await open(browser, full.server, "/");
  const tile = watched.page.locator(".tile", { hasText: "Memory used" });
  await tile.locator("strong", { hasText: "%" }).waitFor();
  const line = tile.locator(".spark-line");
  const before = await line.getAttribute("d");
  await watched.page.waitForFunction(
    ([old]) => {
      const tiles = [...document.querySelectorAll(".tile")];
      const memory = tiles.find((one) => one.textContent?.includes("Memory used"));
      return memory?.querySelector(".spark-line")?.getAttribute("d") !== old;
    },
    [before],
  );
  await closeClean(watched);
});

it("keeps the chosen snippet in the address, with the address of this server", async () => {
  const watched = await open(browser, full.server, "/");
  const { page } = watched;
  await page.getByRole("tab", { name: "Remote write" }).click();
  expect(new URL(page.url()).searchParams.get("snippet")).toBe("write");
  await page.reload();
  await settled(page);
  expect(await page.locator(".snippet pre").textContent()).toContain(
    `${full.server.url}api/v1/write`,
  );
  await closeClean(watched);
});

it("calls nothing good before it is judged", async () => {
  const server = await Flyball.start({
    files: {
      "flyball.yml": `version: 1
prometheus: prometheus.yml
collect: {host: {enabled: false}}
health: {interval: 10m}
`,
      "prometheus.yml": `global: {scrape_interval: 12h}
scrape_configs:
- job_name: shop
  static_configs: [{targets: ['127.0.0.1:9']}]
`,
    },
    flags: ["--config.file=flyball.yml"],
  });
  try {
    const watched = await open(browser, server, "/");
    await watched.page.getByText("Nothing is judged yet").waitFor();
    await watched.page.getByText("nothing was judged yet").waitFor();
    await watched.page.getByRole("link", { name: "Health: all reasons" }).click();
    await watched.page.getByText("The first answers of the").waitFor();
    await closeClean(watched);
  } finally {
    await server.remove();
  }
});

it("says what to do where nothing is measured", async () => {
  const server = await empty();
  try {
    const watched = await open(browser, server, "/");
    await watched.page.getByText("Nothing is wrong.").waitFor();
    await watched.page.getByText("No host has been measured").waitFor();
    await closeClean(watched);
  } finally {
    await server.remove();
  }
});
