// Annotations of the API on charts, alerts and reloads among them; files of dashboards and saves of others
// reach pages that are open.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeClean, launch, open } from "./browser";
import { type Scene, scene } from "./scene";
import { until } from "./server";

let browser: Browser;
let full: Scene;

const ANNOTATED = {
  uid: "annotated",
  title: "Annotated",
  schemaVersion: 41,
  time: { from: "now-5m", to: "now" },
  annotations: {
    list: [
      {
        name: "Deploys",
        enable: true,
        iconColor: "green",
        target: { type: "tags", tags: ["deploy"] },
      },
      { name: "Alerts", enable: true, iconColor: "red", target: { type: "tags", tags: ["alert"] } },
      {
        name: "Reloads",
        enable: true,
        iconColor: "blue",
        target: { type: "tags", tags: ["config"] },
      },
    ],
  },
  panels: [
    {
      id: 1,
      type: "timeseries",
      title: "Queue",
      gridPos: { x: 0, y: 0, w: 24, h: 8 },
      targets: [{ refId: "A", expr: "shop_queue_length" }],
    },
  ],
};

async function send(path: string, body: unknown, method = "POST"): Promise<unknown> {
  const answer = await fetch(new URL(path, full.server.url), {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  expect(answer.status, text).toBeLessThan(300);
  return text === "" ? undefined : JSON.parse(text);
}

function file(title: string, panel: string): void {
  const { uid: _uid, annotations: _none, ...rest } = ANNOTATED;
  const panels = [{ ...rest.panels[0], title: panel }];
  const board = { ...rest, uid: "of-a-file", title, panels };
  writeFileSync(join(full.server.folder, "boards", "board.json"), JSON.stringify(board));
}

beforeAll(async () => {
  [browser, full] = await Promise.all([launch(), scene(["--web.enable-lifecycle"], "boards")]);
  mkdirSync(join(full.server.folder, "boards"), { recursive: true });
  await send("api/flyball/v1/dashboards/import", { dashboard: ANNOTATED });
});

afterAll(async () => {
  await browser?.close();
  await full?.end();
});

interface Annotation {
  readonly text: string;
  readonly tags: readonly string[];
}

async function annotations(tag: string): Promise<Annotation[]> {
  const to = Date.now() + 60_000;
  const path = `api/flyball/v1/annotations?from=${to - 900_000}&to=${to}&tags=${tag}`;
  const body = (await (await fetch(new URL(path, full.server.url))).json()) as
    Annotation[] | { annotations: Annotation[] };
  return Array.isArray(body) ? body : body.annotations;
}

describe("annotations", () => {
  it("of a deploy, an alert and a reload are drawn, and switched off in the address", async () => {
    const time = Date.now() - 60_000;
    await send("api/flyball/v1/annotations", { time, tags: ["deploy"], text: "shop v2.3 is out" });
    await fetch(new URL("-/reload", full.server.url), { method: "POST" });
    for (const tag of ["deploy", "alert", "config"]) {
      await until(`annotations with the tag ${tag}`, async () =>
        (await annotations(tag)).length > 0 ? true : undefined,
      );
    }
    const watched = await open(browser, full.server, "/d/annotated");
    const { page } = watched;
    const plot = page.locator('[data-panel="1"] .u-over');
    const box = await plot.boundingBox();
    if (!box) throw new Error("the chart has no place");
    // A minute ago on a range of five.
    const words = page.locator(".chart-tip");
    await expect
      .poll(async () => {
        for (let at = 0.76; at < 0.84; at += 0.005) {
          await page.mouse.move(box.x + box.width * at, box.y + box.height - 6);
          const text = await words.allInnerTexts();
          if (text.some((one) => one.includes("shop v2.3 is out"))) return true;
        }
        return false;
      })
      .toBe(true);
    await page.getByRole("checkbox", { name: "Deploys" }).uncheck();
    await page.waitForFunction(() => location.search.includes("hideAnnotations=Deploys"));
    await page.reload();
    expect(await page.getByRole("checkbox", { name: "Deploys" }).isChecked()).toBe(false);
    await closeClean(watched);
  });

  it("are edited with the dashboard", async () => {
    const watched = await open(browser, full.server, "/d/annotated?editview=annotations");
    const { page } = watched;
    await page.getByRole("tab", { name: "Annotations and links", selected: true }).waitFor();
    const names = page.getByRole("region", { name: "Annotations" }).getByLabel("Name");
    const values = await names.evaluateAll((all) =>
      all.map((one) => (one as HTMLInputElement).value),
    );
    expect(values).toContain("Deploys");
    // Styled although no editor was opened before.
    const row = page.locator("fieldset.edit-row").first();
    const style = await row.evaluate((one) => getComputedStyle(one).borderTopWidth);
    expect(style).toBe("1px");
    await closeClean(watched);
  });
});

describe("an open dashboard", () => {
  it("follows its file", async () => {
    file("Of a file", "Before");
    await until("the file to be provisioned", async () => {
      const answer = await fetch(new URL("api/flyball/v1/dashboards/of-a-file", full.server.url));
      return answer.ok ? true : undefined;
    });
    const watched = await open(browser, full.server, "/d/of-a-file");
    await watched.page.getByRole("heading", { name: "Before" }).waitFor();
    file("Of a file, changed", "After");
    await watched.page.getByRole("heading", { name: "After" }).waitFor();
    await watched.page.getByText("is shown as it is now").waitFor();
    await watched.page.getByRole("heading", { name: "Of a file, changed" }).waitFor();
    await closeClean(watched);
  });

  it("takes what somebody else saves, but not over changes of its own", async () => {
    const shown = (title: string) => ({ ...ANNOTATED, uid: "shared", title });
    const path = "api/flyball/v1/dashboards/shared";
    await send(path, { dashboard: shown("First") }, "PUT");
    const watched = await open(browser, full.server, "/d/shared");
    const { page } = watched;
    await page.getByRole("heading", { name: "First" }).waitFor();
    await send(path, { dashboard: shown("Second") }, "PUT");
    await page.getByRole("heading", { name: "Second" }).waitFor();
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("button", { name: "Add panel" }).click();
    await page.getByRole("button", { name: "Back to dashboard" }).click();
    await send(path, { dashboard: shown("Third") }, "PUT");
    await page.getByText("Version 3 was saved by somebody else").waitFor();
    expect(await page.getByRole("heading", { name: "Second" }).count()).toBe(1);
    await closeClean(watched);
  });
});
