import { expect, test } from "vitest";
import { parseMatchers, renderMatchers, withLabel } from "./matchers";

function again(text: string): string {
  const parsed = parseMatchers(text);
  return parsed.error ?? renderMatchers(parsed.matchers);
}

test("matchers are read with and without braces and quotes", () => {
  expect(again('{team="db", severity=~"a|b"}')).toBe('team="db", severity=~"a|b"');
  expect(again("team=db,instance!=a b")).toBe('team="db", instance!="a b"');
  expect(again("")).toBe("");
  expect(again("team=")).toBe('team=""');
});

test("commas, quotes and braces may stand in quoted values", () => {
  expect(again(String.raw`a="x,y}",b!~"\"q\"\\"`)).toBe(String.raw`a="x,y}", b!~"\"q\"\\"`);
  expect(again('{"my label"="1"}')).toBe('"my label"="1"');
});

test("what cannot be read is told with its place", () => {
  expect(again("{a=b")).toContain("not closed");
  expect(again('a="b" c')).toContain('expected name="value"');
  expect(again("nothing")).toContain("nothing");
});

test("a label that is pointed at replaces the one that was there", () => {
  expect(withLabel('team="db", a="1"', "team", "web")).toBe('a="1", team="web"');
  expect(withLabel('team=~"d.*"', "team", "db")).toBe('team=~"d.*", team="db"');
});
