// Pictures of every page, for people to look at: `cargo xtask screenshots`.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, it } from "vitest";
import { pages } from "../src/app/pages";
import { launch, open, settled } from "./browser";
import { empty, type Scene, scene } from "./scene";
import type { Flyball } from "./server";

const FOLDER = process.env.FLYBALL_SCREENSHOTS ?? "screenshots";
const SIZES = [
  [1440, 900],
  [390, 844],
] as const;

let browser: Browser;
let full: Scene;
let bare: Flyball;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  [browser, full, bare] = await Promise.all([launch(), scene(), empty()]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([full?.end(), bare?.remove()]);
});

/** A page with something on it, where its plain address shows a question only. */
const QUERIES: Readonly<Record<string, string>> = {
  explore: "?g0.expr=rate(node_cpu_seconds_total[30s])&g0.tab=0&from=now-5m&to=now",
};

const shown = pages.filter((page) => page.place !== "none");

describe.each(shown)("$path", ({ name, path }) => {
  it.each(["light", "dark"] as const)("%s", async (theme) => {
    for (const [state, server] of [
      ["full", full.server],
      ["empty", bare],
    ] as const) {
      for (const [width, height] of SIZES) {
        const query = state === "full" ? (QUERIES[name] ?? "") : "";
        const { page } = await open(browser, server, path + query, { theme, width, height });
        await settled(page);
        // A page with live values is never idle; a moment lets its charts draw.
        await page.waitForTimeout(1500);
        const file = `${name}-${state}-${theme}-${width}.png`;
        await page.screenshot({ path: join(FOLDER, file), fullPage: width < 1000 });
        await page.context().close();
      }
    }
  });
});
