import { expect, test } from "vitest";
import { stepsOf } from "./relabel_steps";

const WAY = {
  before: { __address__: "a:1", env: "dev" },
  steps: [
    { line: 7, rule: "action: labeldrop", kept: true, after: { __address__: "a:1" } },
    { line: 9, rule: "action: replace", kept: true, after: { __address__: "a:1", host: "a" } },
    { line: 12, rule: "action: drop", kept: false, after: { __address__: "a:1", host: "a" } },
  ],
  notApplied: 0,
  kept: false,
  stored: null,
};

test("each step shows what its rule changed, the last that it dropped the target", () => {
  const shown = stepsOf(WAY).map(
    ({ line, isKept, changes }) =>
      `${line} ${isKept} ${changes.map(({ what, name }) => `${what} ${name}`).join()}`,
  );
  expect(shown).toEqual(["7 true dropped env", "9 true added host", "12 false "]);
});
