import { expect, test } from "vitest";
import { ago, secondsSince, shortLength } from "./when";

test("lengths show their two largest units", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [0.0004, "0.40ms"],
    [0.25, "250ms"],
    [12, "12s"],
    [192, "3m 12s"],
    [3600, "1h"],
    [187_200, "2d 4h"],
    [86_401, "1d"],
    [-5, "-5s"],
    [Number.NaN, ""],
  ];
  for (const [seconds, text] of cases) expect(shortLength(seconds)).toBe(text);
});

test("what never happened is never, not long ago", () => {
  expect(ago("0001-01-01T00:00:00Z")).toBe("never");
  expect(ago(undefined)).toBe("never");
  expect(secondsSince("1970-01-01T00:01:00Z", 90_000)).toBe(30);
});
