import { describe, expect, it } from "vitest";
import type { Variable } from "./model";
import {
  ALL,
  AUTO,
  autoInterval,
  chosen,
  customOptions,
  intervalOptions,
  optionsOf,
  parseQuery,
} from "./variable_options";

const variable = (rest: Partial<Variable>): Variable => ({ name: "v", type: "query", ...rest });
const texts = (values: string[], rest: { regex?: string; sort?: number }) =>
  optionsOf(values, rest).map((option) => `${option.text}=${option.value}`);

describe("queries of variables", () => {
  it.each<[string, object]>([
    ["label_values(instance)", { kind: "label_values", label: "instance", match: undefined }],
    [
      'label_values(up{job=~"a, b"}, instance)',
      { kind: "label_values", label: "instance", match: 'up{job=~"a, b"}' },
    ],
    ["label_values(up,  job )", { kind: "label_values", label: "job", match: "up" }],
    ["label_names()", { kind: "label_names", match: undefined }],
    ["metrics(node_.*)", { kind: "metrics", pattern: "node_.*" }],
    [
      "query_result(topk(5, sum by (job) (up)))",
      { kind: "query_result", expr: "topk(5, sum by (job) (up))" },
    ],
    ['up{job="x"}', { kind: "series", match: 'up{job="x"}' }],
  ])("%s", (text, parsed) => expect(parseQuery(text)).toEqual(parsed));
});

describe("options", () => {
  it("are filtered by the regex and renamed by its groups", () => {
    expect(texts(["node-1:9100", "node-2:9100", "x"], { regex: "/node-(\\d+).*/" })).toEqual([
      "1=1",
      "2=2",
    ]);
    expect(texts(['a{n="x"} 5'], { regex: '/n="(?<text>[^"]+)".* (?<value>\\d+)/' })).toEqual([
      "x=5",
    ]);
    expect(texts(["a", "b", "a"], {})).toEqual(["a=a", "b=b"]);
    expect(texts(["keep", "drop"], { regex: "/^(?!drop)/" })).toEqual(["keep=keep"]);
  });
  it("are sorted as asked for", () => {
    const values = ["b10", "a2", "B1"];
    const order = (sort: number) => optionsOf(values, { sort }).map((option) => option.value);
    expect(order(0)).toEqual(values);
    expect(order(1)).toEqual(["B1", "a2", "b10"]);
    expect(order(3)).toEqual(["B1", "a2", "b10"]);
    expect(order(4)).toEqual(["b10", "a2", "B1"]);
    expect(order(5)).toEqual(["a2", "B1", "b10"]);
    expect(order(7)).toEqual(["a2", "B1", "b10"]);
  });
  it("of custom variables may have a text", () => {
    expect(customOptions(variable({ query: "a, b\\,c, All hosts : .*" }))).toEqual([
      { text: "a", value: "a" },
      { text: "b,c", value: "b,c" },
      { text: "All hosts", value: ".*" },
    ]);
  });
  it("of intervals may be automatic", () => {
    const interval = variable({
      type: "interval",
      query: "1m,10m",
      auto: true,
      auto_count: 30,
      auto_min: "10s",
    });
    expect(intervalOptions(interval, 3_600_000)[0]).toEqual({ text: "auto (2m)", value: AUTO });
    expect(autoInterval(interval, 60_000)).toBe("10s");
  });
});

describe("what is chosen", () => {
  const options = ["a", "b", "c"].map((value) => ({ text: value.toUpperCase(), value }));
  it("follows the address, then what is stored, then the first", () => {
    const stored = variable({ current: { value: "b" } });
    expect(chosen(stored, options, ["c"])).toEqual(["c"]);
    expect(chosen(stored, options, ["typed by hand"])).toEqual(["typed by hand"]);
    expect(chosen(stored, options, undefined)).toEqual(["b"]);
    expect(chosen(variable({ current: { value: "gone" } }), options, undefined)).toEqual(["a"]);
    expect(chosen(variable({}), [], undefined)).toEqual([]);
  });
  it("may be several or all", () => {
    const multi = variable({ multi: true, includeAll: true });
    expect(chosen(multi, options, ["a", "c"])).toEqual(["a", "c"]);
    expect(chosen(multi, options, ["All"])).toEqual([ALL]);
    expect(chosen(multi, options, ["a", ALL])).toEqual([ALL]);
    expect(chosen(multi, options, undefined)).toEqual([ALL]);
    expect(chosen(variable({}), options, ["a", "b"])).toEqual(["a"]);
    expect(chosen(variable({}), options, ["B"])).toEqual(["b"]);
  });
});
