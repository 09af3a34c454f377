// Debian's Chromium, pages in it that watch over themselves, and what axe says of them.
// A page that logs an error, breaks the security policy or asks another server fails its test.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { type Flyball, PATIENCE_MS } from "./server";

const CHROMIUM = process.env.FLYBALL_CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export function launch(): Promise<Browser> {
  // In a container there is no user namespace for a sandbox.
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}

export interface View {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

/** A page of the server, and what went wrong in it so far. */
export interface Watched {
  readonly page: Page;
  /** Errors of the console, of scripts, and requests to other servers. */
  readonly complaints: string[];
}

/** Opens a path of the server. */
export async function open(
  browser: Browser,
  server: Flyball,
  path: string,
  { theme = "light", width = 1440, height = 900 }: View = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints = watchOver(page, new URL(server.url).origin);
  await page.goto(new URL(path.replace(/^\//, ""), server.url).href);
  return { page, complaints };
}

function watchOver(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // Answers with an error status are part of some tests; what is shown tells whether they hurt.
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() !== "error" || isAnswer) return;
    const { url, lineNumber, columnNumber } = message.location();
    complaints.push(`console: ${message.text()} (${url}:${lineNumber}:${columnNumber})`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^(http|ws)/.test(url.protocol) && url.origin !== origin) {
      complaints.push(`asks ${url.origin}`);
    }
  });
  return complaints;
}

/** Closes a page that nothing went wrong in. */
export async function closeClean({ page, complaints }: Watched): Promise<void> {
  expect(complaints).toEqual([]);
  await page.context().close();
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly {
    readonly target: readonly string[];
    readonly failureSummary: string;
  }[];
}

/** Serious and critical findings of axe, a line each. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const { axe: runner } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: Violation[] }> };
    };
    return (await runner.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 5).map(({ target, failureSummary }) => {
        const why = failureSummary.replaceAll(/\s+/g, " ");
        return `${id}: ${target.join(" ")}: ${why}`;
      }),
    );
}

/** Waits until the page shows what it is about: its title, and nothing that is still loading. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector("#main > *");
  await page.waitForFunction(() => document.querySelector("#main .state.loading") === null);
}

/** Takes a completion of the editor once its list is open. */
export async function chooseCompletion(page: Page, text: string): Promise<void> {
  const chosen = page.locator(".cm-tooltip-autocomplete li[aria-selected=true]");
  await chosen.filter({ hasText: text }).waitFor();
  // For 75 ms a list that has just opened takes no key: see CodeMirror's interactionDelay.
  await page.waitForTimeout(150);
  await page.keyboard.press("Enter");
  await chosen.waitFor({ state: "detached" });
}
