import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const ROOT = "src";

/** Names of classes that rules of a file begin with, outside of `@media`. */
function begun(css: string): string[] {
  const rules = css.replaceAll(/\/\*[\s\S]*?\*\//g, "").matchAll(/^\.([\w-]+)(?=[^\w-])/gm);
  return [...new Set([...rules].map(([, name = ""]) => name))];
}

/** Styles stay when another page is opened, so a name means one thing on all of them. */
it("gives each class to one file", () => {
  const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" });
  const owners = new Map<string, string[]>();
  for (const file of files.filter((name) => name.endsWith(".css"))) {
    for (const name of begun(readFileSync(`${ROOT}/${file}`, "utf8"))) {
      owners.set(name, [...(owners.get(name) ?? []), file]);
    }
  }
  const shared = [...owners].filter(([name, list]) => list.length > 1 && !REFINED.includes(name));
  expect(shared).toEqual([]);
});

/** Refined where they stand inside of, or together with, something of the other file. */
const REFINED = ["card", "chart-legend-list", "clip", "inspect-table"];
