import { describe, expect, it } from "vitest";
import { filterText, matcherOf, readFilters, withFilters } from "./adhoc";

const one = [{ key: "job", operator: "=", value: "api" }];

describe("filters in PromQL", () => {
  it.each([
    ["up", 'up{job="api"}'],
    ["up{}", 'up{job="api"}'],
    ['up{a="b"}', 'up{a="b",job="api"}'],
    ['up {a="}", c="\\"{"}', 'up {a="}", c="\\"{",job="api"}'],
    ['up{a="b",}', 'up{a="b",job="api"}'],
    ['{__name__=~"x.*"}', '{__name__=~"x.*",job="api"}'],
    ["rate(x:y_total[5m])", 'rate(x:y_total{job="api"}[5m])'],
    ["sum by (up, job) (up)", 'sum by (up, job) (up{job="api"})'],
    ["sum(up) by (instance)", 'sum(up{job="api"}) by (instance)'],
    ["a / on (job) group_left (x) b", 'a{job="api"} / on (job) group_left (x) b{job="api"}'],
    ["a and b unless on() c", 'a{job="api"} and b{job="api"} unless on() c{job="api"}'],
    ["a > bool 1e3", 'a{job="api"} > bool 1e3'],
    ["a offset 5m @ end()", 'a{job="api"} offset 5m @ end()'],
    ["a[5m:30s]", 'a{job="api"}[5m:30s]'],
    ["vector(1) + Inf + time()", "vector(1) + Inf + time()"],
    [
      'label_replace(up, "a", "$1 up", "b", "(.*)")',
      'label_replace(up{job="api"}, "a", "$1 up", "b", "(.*)")',
    ],
    ["up # up and down\n+ up", 'up{job="api"} # up and down\n+ up{job="api"}'],
    ["topk(5, http_requests)", 'topk(5, http_requests{job="api"})'],
  ])("%s", (expr, wanted) => expect(withFilters(expr, one)).toBe(wanted));

  it("are several", () =>
    expect(withFilters("up", [...one, { key: "pod", operator: "!~", value: 'a"\\d' }])).toBe(
      'up{job="api",pod!~"a\\"\\\\d"}',
    ));
  it("change nothing when there are none", () => expect(withFilters("up", [])).toBe("up"));
  it("may be one of several texts", () => {
    expect(matcherOf({ key: "a", operator: "=|", value: "x.y|z" })).toBe('a=~"x\\\\.y|z"');
    expect(matcherOf({ key: "a.b", operator: "!=|", value: "x" })).toBe('"a.b"!~"x"');
  });
});

it("filters in the address come back", () => {
  const all = [...one, { key: "a|b", operator: "=~", value: "x|y" }];
  expect(readFilters(all.map(filterText))).toEqual(all);
  expect(readFilters(["", "job", "job|="])).toEqual([]);
});
