import { describe, expect, it } from "vitest";
import type { ValueMapping } from "../../panels/model";
import { transformIds } from "../../panels/transform";
import { mappingsOf, rowsOf } from "./mapping_rows";
import { at, FORMS, withAt } from "./transformation_forms";

describe("value mappings", () => {
  const mappings: ValueMapping[] = [
    {
      type: "value",
      options: { "0": { text: "down", color: "red", index: 0 }, "1": { text: "up", index: 1 } },
    },
    { type: "range", options: { from: 2, to: null, result: { text: "many", index: 2 } } },
    { type: "regex", options: { pattern: "^x", result: { text: "x", index: 3 } } },
    { type: "special", options: { match: "null", result: { text: "none", index: 4 } } },
  ];
  it("become rows and come back", () => expect(mappingsOf(rowsOf(mappings))).toEqual(mappings));
  it("keep two rows of one value apart", () => {
    const row = { type: "value", match: "1", to: "", result: { text: "a" } } as const;
    expect(mappingsOf([row, { ...row, result: { text: "b" } }])).toHaveLength(2);
  });
  it("take what is no number for an open end", () =>
    expect(mappingsOf([{ type: "range", match: "x", to: "5", result: {} }])).toEqual([
      { type: "range", options: { from: null, to: 5, result: { index: 0 } } },
    ]));
});

describe("options of transformations", () => {
  it("are set where their path leads, lists included", () => {
    const sorted = withAt({}, ["sort", 0, "field"], "Time");
    expect(sorted).toEqual({ sort: [{ field: "Time" }] });
    expect(withAt(sorted, ["sort", 0, "desc"], true)).toEqual({
      sort: [{ field: "Time", desc: true }],
    });
    expect(sorted).toEqual({ sort: [{ field: "Time" }] });
    expect(at(sorted, ["sort", 0, "field"])).toBe("Time");
    expect(at(sorted, ["none", "there"])).toBeUndefined();
  });
  it("are taken away by nothing", () =>
    expect(withAt({ a: 1, b: 2 }, ["a"], undefined)).toEqual({ b: 2 }));
  it("have a form for every transformation but aliases", () =>
    expect(transformIds().filter((id) => !FORMS[id])).toEqual(["seriesToColumns"]));
});
