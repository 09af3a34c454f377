import { expect, test } from "vitest";
import { changesOf } from "./label_changes";

test("every label of either side is told apart, what is stored first", () => {
  const changes = changesOf(
    { __address__: "a:1", job: "x", env: "p" },
    { instance: "a:1", job: "x", env: "q" },
  );
  expect(changes.map(({ name, what }) => `${name} ${what}`)).toEqual([
    "env changed",
    "instance added",
    "job kept",
    "__address__ dropped",
  ]);
});
