import { describe, expect, it } from "vitest";
import {
  describeRange,
  formatTime,
  isRelative,
  isTime,
  knownZone,
  parseInterval,
  resolveRange,
  resolveTime,
  shifted,
  zoomed,
} from "./time";

const NOW = Date.parse("2026-11-22T04:15:30.250Z");
const at = (text: string, zone = "utc", edge: "start" | "end" = "start") => {
  const ms = resolveTime(text, NOW, zone, edge);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe("resolveTime", () => {
  it("reads the present and what lies before and after it", () => {
    expect(at("now")).toBe("2026-11-22T04:15:30.250Z");
    expect(at("now-6h")).toBe("2026-11-21T22:15:30.250Z");
    expect(at("now+90s")).toBe("2026-11-22T04:17:00.250Z");
    expect(at("now-1d-2h")).toBe("2026-11-21T02:15:30.250Z");
  });

  it("rounds to the start or to the last millisecond of a period", () => {
    expect(at("now/d")).toBe("2026-11-22T00:00:00.000Z");
    expect(at("now/d", "utc", "end")).toBe("2026-11-22T23:59:59.999Z");
    expect(at("now-1d/d", "utc", "end")).toBe("2026-11-21T23:59:59.999Z");
    expect(at("now/w")).toBe("2026-11-16T00:00:00.000Z");
    expect(at("now/M")).toBe("2026-11-01T00:00:00.000Z");
    expect(at("now-1M/M", "utc", "end")).toBe("2026-10-31T23:59:59.999Z");
    expect(at("now/y")).toBe("2026-01-01T00:00:00.000Z");
    expect(at("now/h")).toBe("2026-11-22T04:00:00.000Z");
    expect(at("now/m")).toBe("2026-11-22T04:15:00.000Z");
  });

  it("begins days where the zone begins them, also when the clocks change", () => {
    expect(at("now/d", "America/New_York")).toBe("2026-11-21T05:00:00.000Z");
    const changed = Date.parse("2026-10-25T12:00:00Z");
    const day = resolveRange("now/d", "now/d", changed, "Europe/Berlin");
    expect(day.toMs + 1 - day.fromMs).toBe(25 * 3_600_000);
    const yesterday = resolveTime("now-1d", changed, "Europe/Berlin", "start");
    expect(yesterday).toBe(changed - 25 * 3_600_000);
  });

  it("keeps to the last day of a shorter month", () => {
    const march = Date.parse("2026-03-31T10:00:00Z");
    expect(resolveTime("now-1M", march, "utc", "start")).toBe(Date.parse("2026-02-28T10:00:00Z"));
    expect(resolveTime("now-2y", Date.parse("2028-02-29T00:00:00Z"), "utc", "start")).toBe(
      Date.parse("2026-02-28T00:00:00Z"),
    );
  });

  it("reads epoch milliseconds, ISO 8601, and times on the zone's clock", () => {
    expect(at("1700000000000")).toBe("2023-11-14T22:13:20.000Z");
    expect(at("2026-11-22T04:00:00.000Z")).toBe("2026-11-22T04:00:00.000Z");
    expect(at("2026-11-22 05:00", "Europe/Berlin")).toBe("2026-11-22T04:00:00.000Z");
    expect(at("2026-11-22")).toBe("2026-11-22T00:00:00.000Z");
  });

  it("refuses what names no instant", () => {
    for (const text of ["", "later", "now-", "now-6x", "now/q", "6h", "2026-13-01", "NaN", "1e9"]) {
      expect(resolveTime(text, NOW, "utc", "start"), text).toBeUndefined();
      expect(isTime(text), text).toBe(false);
    }
  });
});

describe("ranges", () => {
  it("that end before they begin, or cannot be read, become an hour", () => {
    for (const [from, to] of [
      ["now", "now-1h"],
      ["?", "?"],
      ["now", "now"],
    ] as const) {
      const { fromMs, toMs } = resolveRange(from, to, NOW, "utc");
      expect(toMs - fromMs).toBe(3_600_000);
    }
  });

  it("move by half and zoom around their middle", () => {
    expect(shifted({ fromMs: 1000, toMs: 3000 }, -1)).toEqual({ fromMs: 0, toMs: 2000 });
    expect(zoomed({ fromMs: 1000, toMs: 3000 }, 2)).toEqual({ fromMs: 0, toMs: 4000 });
    expect(zoomed({ fromMs: 2000, toMs: 2000 }, 0.5)).toEqual({ fromMs: 1500, toMs: 2500 });
  });

  it("are told in words", () => {
    expect(describeRange({ from: "now-6h", to: "now" }, "utc")).toBe("Last 6 hours");
    expect(describeRange({ from: "now-1d", to: "now" }, "utc")).toBe("Last day");
    expect(describeRange({ from: "now-1d/d", to: "now-1d/d" }, "utc")).toBe("Yesterday");
    expect(describeRange({ from: "1700000000000", to: "now" }, "utc")).toBe(
      "2023-11-14 22:13:20 to now",
    );
    expect(isRelative({ from: "1700000000000", to: "now" })).toBe(true);
    expect(isRelative({ from: "0", to: "1" })).toBe(false);
  });
});

it("knows zones by their names and falls back to the browser's", () => {
  expect(knownZone("UTC")).toBe("utc");
  expect(knownZone("Asia/Kathmandu")).toMatch(/Ka?thmandu|Katmandu/);
  expect(knownZone("Mars/Olympus")).toBe("browser");
  expect(formatTime(NOW, "Asia/Kathmandu")).toBe("2026-11-22 10:00:30");
});

it("reads intervals", () => {
  expect([
    parseInterval("10s"),
    parseInterval("5m"),
    parseInterval("1h"),
    parseInterval("250ms"),
  ]).toEqual([10_000, 300_000, 3_600_000, 250]);
  expect([parseInterval(""), parseInterval("off"), parseInterval("-5s")]).toEqual([0, 0, 0]);
});
