// Every page, in both themes and on a narrow screen: no error, no serious finding of axe.

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pages } from "../src/app/pages";
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

const visited = pages.filter((page) => page.place !== "none");

describe.each(visited)("$path", ({ path, title }) => {
  it.each(["light", "dark"] as const)("is sound and accessible when it is %s", async (theme) => {
    const watched = await open(browser, full.server, path, { theme });
    await settled(watched.page);
    expect(await watched.page.title()).toContain(path === "/" ? "Flyball" : title);
    expect(await axe(watched.page)).toEqual([]);
    await closeClean(watched);
  });

  it("fits a narrow screen", async () => {
    const watched = await open(browser, full.server, path, { width: 390, height: 844 });
    await settled(watched.page);
    const overflow = await watched.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await closeClean(watched);
  });
});
