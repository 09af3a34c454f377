import { describe, expect, it } from "vitest";
import { themeOf } from "../charts/theme";
import { show } from "./display";
import { fieldOf, frameOf } from "./frame";
import { interpolate, references, type Scope, type Value } from "./interpolate";
import { fixedScope, macroScope, valueScope } from "./macros";
import { mapValue } from "./mappings";
import type { FieldConfig, ValueMapping } from "./model";
import { configured, sound } from "./overrides";
import { aligned, roundInterval, stepOf } from "./step";
import { absoluteSteps, seriesColor, stepAt, valueColor } from "./thresholds";

const theme = themeOf({
  text: "#1a1e1c",
  muted: "#565e59",
  grid: "#e9ebe5",
  line: "#dcdfd7",
  surface: "#ffffff",
  sunken: "#eceee8",
  accent: "#795300",
  good: "#13693a",
  warn: "#855000",
  bad: "#b3261e",
  c1: "#1f66c7",
  c2: "#c2570c",
  c3: "#be1240",
  c4: "#1a8045",
  c5: "#7a3fd0",
  c6: "#0c7c85",
  c7: "#8b6508",
  c8: "#c0268f",
});
const look = { theme, units: { zone: "utc", nowMs: 0 } };
const limits = { min: 0, max: 100 };

describe("value mappings", () => {
  const mappings: ValueMapping[] = [
    { type: "value", options: { "0": { text: "down", color: "red" }, "up": { text: "UP" } } },
    { type: "range", options: { from: 1, to: 5, result: { text: "few" } } },
    { type: "range", options: { from: 100, to: null, result: { text: "many" } } },
    { type: "regex", options: { pattern: "^web-(\\d+)$", result: { text: "server $1" } } },
    { type: "special", options: { match: "null+nan", result: { text: "N/A" } } },
    { type: "special", options: { match: "empty", result: { text: "empty" } } },
  ];
  it.each<[unknown, string | undefined]>([
    [0, "down"],
    ["0", "down"],
    ["0.0", "down"],
    ["up", "UP"],
    [1, "few"],
    [5, "few"],
    [5.1, undefined],
    [1e9, "many"],
    ["web-12", "server 12"],
    [null, "N/A"],
    [Number.NaN, "N/A"],
    ["", "empty"],
    ["x", undefined],
  ])("%s is %s", (value, text) => expect(mapValue(mappings, value)?.text).toBe(text));
  it("pass over patterns that cannot be read", () => {
    expect(
      mapValue([{ type: "regex", options: { pattern: "(", result: { text: "x" } } }], "a"),
    ).toBeUndefined();
  });
});

describe("thresholds", () => {
  const config: FieldConfig = {
    thresholds: {
      mode: "absolute",
      steps: [
        { value: null, color: "green" },
        { value: 80, color: "red" },
        { value: 50, color: "orange" },
      ],
    },
  };
  it("give the step that is reached", () => {
    expect([-5, 49, 50, 79, 80].map((value) => stepAt(config, value, limits)?.color)).toEqual([
      "green",
      "green",
      "orange",
      "orange",
      "red",
    ]);
  });
  it("in percent count between the limits", () => {
    const percent: FieldConfig = { thresholds: { ...config.thresholds!, mode: "percentage" } };
    expect(stepAt(percent, 1500, { min: 1000, max: 2000 })?.color).toBe("orange");
    expect(
      absoluteSteps(percent, { min: 1000, max: 2000 }, theme).map((step) => step.value),
    ).toEqual([Number.NEGATIVE_INFINITY, 1500, 1800]);
  });
  it("colour values; palettes colour series", () => {
    expect(valueColor({ ...config, color: { mode: "thresholds" } }, 90, limits, theme)).toBe(
      "#e02f44",
    );
    expect(valueColor({ color: { mode: "palette-classic" } }, 90, limits, theme)).toBeUndefined();
    expect(valueColor({ color: { mode: "continuous-GrYlRd" } }, 50, limits, theme)).toBe("#f2cc0c");
    expect(seriesColor({}, 1, theme, null)).toBe(theme.palette[1]);
    expect(seriesColor({ color: { mode: "fixed", fixedColor: "#123456" } }, 3, theme, null)).toBe(
      "#123456",
    );
  });
});

describe("a shown value", () => {
  it("has unit, colour and share of the range", () => {
    const shown = show(75, { unit: "percent", color: { mode: "thresholds" } }, limits, look);
    expect(shown).toMatchObject({
      text: "75%",
      main: "75",
      suffix: "%",
      share: 0.75,
      color: "#56a64b",
    });
  });
  it("is its mapping, or what stands for nothing", () => {
    const mappings: ValueMapping[] = [
      { type: "value", options: { "1": { text: "Yes", color: "blue" } } },
    ];
    expect(show(1, { mappings }, limits, look)).toMatchObject({
      text: "Yes",
      mapped: true,
      color: "#3274d9",
    });
    expect(show(null, { noValue: "-" }, limits, look).text).toBe("-");
    expect(show(Number.NaN, {}, limits, look).text).toBe("NaN");
    expect(show("text", { unit: "bytes" }, limits, look).text).toBe("text");
  });
});

describe("overrides", () => {
  it("take members that are not what they should be for absent ones", () => {
    const odd = {
      unit: 7,
      decimals: -3,
      min: "0",
      max: "abc",
      mappings: null,
      links: {},
      color: {},
      thresholds: { mode: "absolute", steps: null },
    };
    expect(sound(odd as unknown as FieldConfig)).toEqual({ min: 0 });
    const good = { unit: "s", decimals: 0, max: 5, mappings: [], color: { mode: "fixed" } };
    expect(sound(good)).toEqual(good);
    const steps = [{ value: null, color: "green" }];
    expect(sound({ thresholds: { mode: "percentage", steps } }).thresholds?.steps).toBe(steps);
  });
  const frame = (refId: string, name: string, values: number[]) =>
    frameOf(
      refId,
      [
        fieldOf("Time", "time", [1, 2]),
        fieldOf("Value", "number", values, { queryName: name, labels: { a: name } }),
      ],
      { name, meta: { type: "series" } },
    );
  const apply = (id: string, options: unknown) =>
    configured([frame("A", "cpu user", [1, 2]), frame("B", "mem", [3, 9])], {
      defaults: { unit: "short", custom: { lineWidth: 1 } },
      overrides: [
        {
          matcher: { id, options },
          properties: [
            { id: "unit", value: "bytes" },
            { id: "custom.lineStyle", value: { fill: "dash" } },
            { id: "custom.hideFrom.viz", value: true },
          ],
        },
      ],
    }).map((one) => one.fields[1]!.config.unit);
  it.each<[string, unknown, (string | undefined)[]]>([
    ["byName", "mem", ["short", "bytes"]],
    ["byRegexp", "/^cpu/", ["bytes", "short"]],
    ["byFrameRefID", "B", ["short", "bytes"]],
    ["byType", "number", ["bytes", "bytes"]],
    ["byNames", { mode: "exclude", names: ["mem"] }, ["bytes", "short"]],
    ["byNames", { mode: "include", names: ["mem"] }, ["short", "bytes"]],
    ["byValue", { reducer: "max", op: ">=", value: 9 }, ["short", "bytes"]],
    ["byMagic", "x", ["short", "short"]],
  ])("%s %j", (id, options, units) => expect(apply(id, options)).toEqual(units));
  it("set nested options and leave the rest", () => {
    const [first] = configured([frame("A", "x", [1])], {
      defaults: { custom: { lineWidth: 2, hideFrom: { legend: true } } },
      overrides: [
        {
          matcher: { id: "byName", options: "x" },
          properties: [{ id: "custom.hideFrom.viz", value: true }],
        },
      ],
    });
    expect(first!.fields[1]!.config.custom).toEqual({
      lineWidth: 2,
      hideFrom: { legend: true, viz: true },
    });
  });
  it("rename, and the new name shows", () => {
    const [first] = configured([frame("A", "x", [1])], {
      defaults: {},
      overrides: [
        {
          matcher: { id: "byName", options: "x" },
          properties: [{ id: "displayName", value: "Nice" }],
        },
      ],
    });
    expect(first!.fields[1]!.displayName).toBe("Nice");
  });
});

describe("interpolation", () => {
  const values: Record<string, Value> = {
    one: { value: "a.b" },
    many: { value: ["a.b", "c|d"], multi: true, text: ["A", "C"] },
    all: { value: [".*"], multi: true, verbatim: true, text: "All" },
    single: { value: ["x.y"], multi: true },
  };
  const scope: Scope = (name) => values[name];
  it.each<[string, string]>([
    ['up{i="$one"}', 'up{i="a.b"}'],
    ['up{i=~"$many"}', 'up{i=~"(a\\\\.b|c\\\\|d)"}'],
    ['up{i=~"$single"}', 'up{i=~"x\\\\.y"}'],
    ['up{i=~"${all}"}', 'up{i=~".*"}'],
    ["[[one]] $nope ${nope:csv}", "a.b $nope ${nope:csv}"],
    ["${many:pipe}", "a.b|c|d"],
    ["${many:csv}", "a.b,c|d"],
    ["${many:glob}", "{a.b,c|d}"],
    ["${one:glob}", "a.b"],
    ["${many:regex}", "(a\\.b|c\\|d)"],
    ["${many:json}", '["a.b","c|d"]'],
    ["${many:doublequote}", '"a.b","c|d"'],
    ["${many:singlequote}", "'a.b','c|d'"],
    ["${many:text}", "A + C"],
    ["${many:raw}", "a.b,c|d"],
    ["${many:queryparam}", "var-many=a.b&var-many=c%7Cd"],
    ["${many:percentencode}", "%7Ba.b%2Cc%7Cd%7D"],
    ["[[many:pipe]]", "a.b|c|d"],
    ["${all:text}", "All"],
  ])("%s", (text, expected) => expect(interpolate(text, scope, "promql")).toBe(expected));
  it("finds what a text refers to", () => {
    expect([...references('x{a="$one",b=~"${many:pipe}"}[[all]] $__range')]).toEqual([
      "one",
      "many",
      "all",
      "__range",
    ]);
  });
});

describe("macros", () => {
  const step = stepOf({ fromMs: 0, toMs: 3_600_000, maxDataPoints: 600 });
  const scope = macroScope({
    fromMs: 0,
    toMs: 3_600_000,
    step,
    dashboard: { uid: "u", title: "T" },
  });
  it.each([
    ["rate(x[$__rate_interval])", "rate(x[1m])"],
    ["$__interval/$__interval_ms", "15s/15000"],
    ["$__range $__range_s $__range_ms", "3600s 3600 3600000"],
    ["${__from}-$__to", "0-3600000"],
    ["${__to:date:iso}", "1970-01-01T01:00:00.000Z"],
    ["${__to:date:YYYY-MM}", "1970-01"],
    ["${__to:date:seconds}", "3600"],
    ["$__dashboard ${__dashboard.uid}", "T u"],
  ])("%s", (text, expected) => expect(interpolate(text, scope, "promql")).toBe(expected));
  it("of a value are known to its links", () => {
    const frame = frameOf("A", [
      fieldOf("Time", "time", [5]),
      fieldOf("host", "string", ["h1"]),
      fieldOf("Value", "number", [2048], { labels: { job: "j" } }),
    ]);
    const links = valueScope({
      frame,
      field: frame.fields[2]!,
      row: 0,
      text: "2 KiB",
      number: 2048,
    });
    const text =
      "${__value.text}|${__value.raw}|${__value.time}|${__field.labels.job}|${__data.fields.host}|${__data.fields[1]}|${__cell_1}";
    expect(interpolate(text, links, "text")).toBe("2 KiB|2048|5|j|h1|h1|h1");
  });
  it("of a repetition stand before variables", () => {
    expect(interpolate("$host", fixedScope({ host: { value: "h2" } }), "promql")).toBe("h2");
  });
});

describe("steps", () => {
  it("are round and never below what the panel asks for", () => {
    expect(stepOf({ fromMs: 0, toMs: 6 * 3_600_000, maxDataPoints: 700 }).stepMs).toBe(30_000);
    expect(stepOf({ fromMs: 0, toMs: 300_000, maxDataPoints: 700 }).stepMs).toBe(1000);
    const own = stepOf({ fromMs: 0, toMs: 300_000, maxDataPoints: 700, minInterval: ">2m" });
    expect(own).toEqual({ stepMs: 120_000, intervalMs: 120_000, rateMs: 480_000 });
    expect(stepOf({ fromMs: 0, toMs: 300_000, maxDataPoints: 700, scrapeMs: 30_000 }).rateMs).toBe(
      120_000,
    );
    expect([4, 40, 1400, 30_000, 100_000_000].map(roundInterval)).toEqual([
      1, 50, 1000, 30_000, 86_400_000,
    ]);
  });
  it("stay below the server's limit of points", () => {
    const { stepMs } = stepOf({ fromMs: 0, toMs: 365 * 86_400_000, maxDataPoints: 100_000 });
    expect((365 * 86_400_000) / stepMs).toBeLessThanOrEqual(11_000);
  });
  it("start at multiples", () =>
    expect(aligned(1234, 5678, 1000)).toEqual({ startMs: 1000, endMs: 5000 }));
});

it("configured names have the variables of the dashboard filled in", () => {
  const frame = frameOf("A", [fieldOf("Value", "number", [1], { labels: { host: "a" } })]);
  const scope: Scope = (name) => (name === "team" ? { value: "core" } : undefined);
  const source = {
    defaults: { displayName: "$team on ${__field.labels.host}" },
    overrides: [],
  };
  const [made] = configured([frame], source, scope);
  expect(made!.fields[0]!.displayName).toBe("core on a");
});
