import { expect, it } from "vitest";
import { match, type Shortcut, strokeOf } from "./keys";

const bound = ["g h", "h", "ctrl+k", "h"].map<Shortcut>((keys, index) => ({
  keys,
  does: String(index),
  group: "",
  run: () => undefined,
}));
const does = (before: string | undefined, stroke: string) => match(bound, before, stroke)?.does;

it("prefers a sequence to its last stroke, and the newest of two", () => {
  expect(does("g", "h")).toBe("0");
  expect(does(undefined, "h")).toBe("3");
  expect(does("x", "h")).toBe("3");
  expect(does("g", "x")).toBeUndefined();
});

it("writes strokes the same on every system", () => {
  const none = { ctrlKey: false, metaKey: false, altKey: false };
  expect(strokeOf({ ...none, key: "K", metaKey: true })).toBe("ctrl+k");
  expect(strokeOf({ ...none, key: "ArrowLeft" })).toBe("left");
  expect(strokeOf({ ...none, key: "?" })).toBe("?");
  expect(strokeOf({ ...none, key: "G" })).toBe("G");
});
