import { describe, expect, it } from "vitest";
import { autoDecimals, distinctDecimals, fixed, tickLabels } from "./decimals";
import { axisTimes, formatDate, fromNow, withoutToday } from "./dates";
import { clockDuration, clockParts, durationWords, intervalText, parseDuration } from "./durations";
import { formatUnit, formatValue, unitIds } from "./units";

const ctx = { zone: "utc", nowMs: Date.UTC(2026, 10, 22, 12) };

describe("decimals", () => {
  it.each([
    [0, 0],
    [12, 0],
    [3.14159, 2],
    [31.4159, 1],
    [314.159, 0],
    [0.05, 4],
    [0.5, 3],
    [-2.5, 2],
  ])("leave about three digits of %s", (value, decimals) =>
    expect(autoDecimals(value)).toBe(decimals),
  );
  it.each([
    [100.5, 0, "101"],
    [100.37, 1, "100.4"],
    [100, 1, "100.0"],
    [186.123, -2, "186"],
    [-0.001, 1, "0.0"],
  ])("%s with %s is %s", (value, decimals, text) => expect(fixed(value, decimals)).toBe(text));
  it("name what is no number", () => {
    expect(
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((v) => fixed(v)),
    ).toEqual(["NaN", "∞", "-∞"]);
  });
  it("of an axis tell its ticks apart and keep them even", () => {
    const seconds = (value: number, decimals: number): string =>
      value > 0 && value < 1
        ? `${(1000 * value).toFixed(decimals)} ms`
        : `${value.toFixed(decimals)} s`;
    expect(tickLabels([0, 0.5, 0.75, 1, 1.25, 1.5], seconds)).toEqual([
      "0 s",
      "500 ms",
      "750 ms",
      "1.00 s",
      "1.25 s",
      "1.50 s",
    ]);
    expect(tickLabels([0, 1 / 3, 2 / 3], fixed)).toEqual(["0", "0.33", "0.67"]);
    expect(tickLabels([0, 976.5625, 1953.125], fixed)).toEqual(["0", "977", "1953"]);
    expect(distinctDecimals([0, 0.25, 0.5, 0.75], fixed)).toBe(2);
    expect(distinctDecimals([0, 50, 100], fixed)).toBe(0);
    expect(distinctDecimals([0, 2.5, 5, 7.5], fixed)).toBe(1);
  });
});

describe("units", () => {
  it.each<[string, number, number | undefined, string]>([
    ["none", 1234.5678, undefined, "1235"],
    ["none", 1e21, 0, "1e+21"],
    ["short", 98765, undefined, "98.8 K"],
    ["short", 9876543, 2, "9.88 Mil"],
    ["short", 0.005, undefined, "0.00500"],
    ["bytes", 1536, undefined, "1.50 KiB"],
    ["bytes", 0, undefined, "0 B"],
    ["bytes", -3 * 1024 ** 3, undefined, "-3 GiB"],
    ["kbytes", 10_000_000, 3, "9.537 GiB"],
    ["deckbytes", 10_000_000, 3, "10.000 GB"],
    ["decbytes", 1500, undefined, "1.50 kB"],
    ["Bps", 1_250_000, undefined, "1.25 MB/s"],
    ["binBps", 1_048_576, undefined, "1 MiB/s"],
    ["bps", 1e9, undefined, "1 Gb/s"],
    ["pps", 12_345, undefined, "12.3 kp/s"],
    ["reqps", 1500, undefined, "1.50K req/s"],
    ["ops", 12, undefined, "12 ops/s"],
    ["iops", 0.25, undefined, "0.250 io/s"],
    ["percent", 42.123, undefined, "42.1%"],
    ["percentunit", 0.42123, undefined, "42.1%"],
    ["percentunit", 1, undefined, "100%"],
    ["s", 0, undefined, "0 s"],
    ["s", 0.00042, undefined, "420 µs"],
    ["s", 90, undefined, "1.50 mins"],
    ["s", 3600, undefined, "1 hour"],
    ["s", 9 * 86_400, undefined, "1.29 weeks"],
    ["ms", 0.0024, 4, "0.0024 ms"],
    ["ms", 1250, 2, "1.25 s"],
    ["ms", 10_000_086.123, 1, "2.8 hours"],
    ["ms", 9 * 86_400_000, undefined, "9 days"],
    ["µs", 1500, undefined, "1.50 ms"],
    ["dtdurations", 93_784, undefined, "1 day"],
    ["dtdurations", 93_784, 2, "1 day, 2 hours, 3 minutes"],
    ["dthms", 3661, undefined, "01:01:01"],
    ["clocks", 7199.999, 1, "01h:59m"],
    ["megwatt", 1000, 3, "1.000 GW"],
    ["µfarad", 1000, 3, "1.000 mF"],
    ["celsius", 41.25, undefined, "41.3 °C"],
    ["rotrpm", 1200, undefined, "1200 rpm"],
    ["hertz", 2.4e9, undefined, "2.40 GHz"],
    ["bool_yes_no", 1, undefined, "Yes"],
    ["bool", 0, undefined, "False"],
    ["currencyUSD", 1532.82, 2, "$1.53K"],
    ["currencySEK", 100, undefined, "100 kr"],
    ["hex0x", 255, undefined, "0xFF"],
    ["sci", 1500, undefined, "1.5e+3"],
    ["errors/s", 2.5, undefined, "2.50 errors/s"],
    ["suffix:apples", 3, undefined, "3apples"],
    ["prefix:#", 3, undefined, "#3"],
    ["si:mF", 1000, 3, "1.000 F"],
    ["count:req", 2500, undefined, "2.50K req"],
    ["currency:£", 12, undefined, "£12"],
    ["bool:up/down", 0, undefined, "down"],
    ["time:YYYY-MM", Date.UTC(2026, 0, 5), undefined, "2026-01"],
    ["dateTimeAsIso", 1505634997920, undefined, "2017-09-17 07:56:37"],
    ["dateTimeAsUS", 1505634997920, undefined, "09/17/2017 7:56:37 am"],
  ])("%s of %s (%s) is %s", (unit, value, decimals, text) => {
    expect(formatValue(value, unit, decimals, ctx)).toBe(text);
  });
  it("keep number and unit apart", () => {
    expect(formatUnit(2048, "bytes")).toEqual({ text: "2", suffix: " KiB" });
  });
  it("do not mistake an inherited property for an id", () => {
    expect(formatValue(1, "constructor")).toBe("1 constructor");
  });
  it("cover the ids of Grafana's picker", () => expect(unitIds().length).toBeGreaterThan(230));
});

describe("durations", () => {
  it.each<[number, number | undefined, string]>([
    [1, 0, "1 millisecond"],
    [-1, 0, "1 millisecond ago"],
    [0, 0, "0 milliseconds"],
    [38_898_367_008, 1, "1 year, 2 months"],
    [
      38_898_367_008,
      20,
      "1 year, 2 months, 3 weeks, 4 days, 5 hours, 6 minutes, 7 seconds, 8 milliseconds",
    ],
    [1.5 * 86_400_000, 2, "1 day, 12 hours, 0 minutes"],
  ])("%s with %s is %s", (ms, decimals, text) => {
    expect(durationWords(ms, "millisecond", decimals)).toBe(text);
  });
  it("as clocks", () => {
    expect(clockDuration(-1, false)).toBe("00:00:01 ago");
    expect(clockDuration(90_061, true)).toBe("1 d 01:01:01");
    expect(clockParts(999, 0)).toBe("999ms");
    expect(clockParts(59_999)).toBe("59s:999ms");
    expect(clockParts(89_999_999, 2)).toBe("24h:59m:59s");
  });
  it("are read and written in PromQL's form", () => {
    expect(parseDuration("1h30m")).toBe(5_400_000);
    expect(parseDuration("500ms")).toBe(500);
    expect(parseDuration("5 apples")).toBeUndefined();
    expect([500, 15_000, 60_000, 90_000, 7_200_000, 86_400_000].map(intervalText)).toEqual([
      "500ms",
      "15s",
      "1m",
      "90s",
      "2h",
      "1d",
    ]);
  });
});

describe("dates", () => {
  const noon = Date.UTC(2026, 10, 22, 12, 34, 56, 789);
  it("in a zone", () => {
    expect(formatDate(noon, "YYYY-MM-DD HH:mm:ss.SSS", "utc")).toBe("2026-11-22 12:34:56.789");
    expect(formatDate(noon, "ddd D MMM, h A [at] HH:mm", "Europe/Berlin")).toBe(
      "Sun 22 Nov, 1 PM at 13:34",
    );
    expect(formatDate(noon, "HH:mm", "No/Such")).toMatch(/^\d\d:\d\d$/);
    expect(formatDate(Number.NaN, "HH:mm", "utc")).toBe("Invalid date");
  });
  it("leave out today", () => {
    expect(withoutToday(noon, "YYYY-MM-DD HH:mm", "HH:mm", noon + 1000, "utc")).toBe("12:34");
    expect(withoutToday(noon - 86_400_000, "YYYY-MM-DD HH:mm", "HH:mm", noon, "utc")).toBe(
      "2026-11-21 12:34",
    );
  });
  it("from now", () => {
    expect(fromNow(noon - 7 * 86_400_000, noon)).toBe("7 days ago");
    expect(fromNow(noon + 120_000, noon)).toBe("in 2 minutes");
    expect(fromNow(noon - 3_600_000, noon)).toBe("an hour ago");
  });
  it("on an axis name the day at midnight", () => {
    const splits = [22, 23, 24, 25].map((hour) => Date.UTC(2026, 10, 22, hour));
    expect(axisTimes(splits, 3_600_000, "utc")).toEqual(["22:00", "23:00", "11/23", "01:00"]);
  });
});
