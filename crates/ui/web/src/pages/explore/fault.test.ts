import { expect, test } from "vitest";
import { faultOf } from "./fault";

test("the place of an error is found in its line, in letters", () => {
  expect(faultOf("1:5: parse error: x", "sum(foo")).toMatchObject({
    before: "sum(",
    at: "f",
    after: "oo",
  });
  expect(faultOf("2:1: parse error: x", "a +\n)")).toMatchObject({ before: "", at: ")", line: 2 });
  expect(faultOf('invalid parameter "query": 1:9: no', 'a{b="ä"}+')).toMatchObject({
    before: 'a{b="ä"',
    at: "}",
  });
});

test("an error at the end points behind the expression; one without a place has none", () => {
  expect(faultOf("1:8: parse error: unclosed", "sum(foo")).toMatchObject({
    before: "sum(foo",
    at: "",
  });
  expect(faultOf("too many samples", "up")).toBeUndefined();
  expect(faultOf("9:1: gone", "up")).toBeUndefined();
});
