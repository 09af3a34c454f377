import { describe, expect, it } from "vitest";
import type { PlannedQuery } from "./plan";
import type { Sample, SeriesAnswer } from "./prometheus_frames";
import { joined, keep, tailStart } from "./tail";

const SECOND = 1000;

function query(startS: number, endS: number, rest: Partial<PlannedQuery> = {}): PlannedQuery {
  return {
    refId: "A",
    expr: "rate(x[1m])",
    kind: "range",
    format: "time_series",
    legendFormat: undefined,
    startMs: startS * SECOND,
    endMs: endS * SECOND,
    stepMs: SECOND,
    exemplars: false,
    ...rest,
  };
}

/** A series with a value per second: its time, or its time and `plus`. */
function series(name: string, fromS: number, toS: number, plus = 0): SeriesAnswer {
  const values = Array.from({ length: toS - fromS + 1 }, (_, i): Sample => [
    fromS + i,
    String(fromS + i + plus),
  ]);
  return { metric: { name }, values };
}

const whole = query(0, 400);
const kept = keep(whole, [series("a", 0, 400), series("b", 0, 400)], 0)!;

describe("the newest part", () => {
  it("is asked with an overlap for what comes late", () =>
    expect(tailStart(kept, query(1, 401), 1)).toBe(370 * SECOND));
  it("of a short range overlaps by a quarter of it", () =>
    expect(tailStart(keep(query(0, 40), [], 0), query(1, 41), 1)).toBe(30 * SECOND));
  it.each([
    ["nothing is kept", undefined, query(1, 401), 1],
    ["the expression is another", kept, query(1, 401, { expr: "up" }), 1],
    ["the step is another", kept, query(2, 402, { stepMs: 2 * SECOND }), 1],
    ["the range begins earlier", kept, query(-1, 401), 1],
    ["the range lies after the old one", kept, query(401, 801), 1],
    ["the expression looks at the end of the range", kept, query(1, 401, { expr: "x @ end()" }), 1],
    ["the whole was asked a minute ago", kept, query(60, 460), 60 * SECOND],
  ])("is not enough when %s", (_why, before, now, nowMs) => {
    expect(
      tailStart(
        before && {
          ...before,
          query: { ...before.query, expr: now.expr.includes("@") ? now.expr : before.query.expr },
        },
        now,
        nowMs,
      ),
    ).toBeUndefined();
  });
});

describe("old and new part", () => {
  it("are what the whole question answers", () => {
    const now = query(5, 405);
    const from = tailStart(kept, now, 1)!;
    const tail = [series("a", from / SECOND, 405, 0.5), series("b", from / SECOND, 405)];
    const made = joined(kept, tail, now, from)!;
    expect(made.map((one) => one.metric.name)).toEqual(["a", "b"]);
    expect(made[0]!.values!.length).toBe(401);
    expect(made[0]!.values!.slice(0, 2)).toEqual([
      [5, 5],
      [6, 6],
    ]);
    // What came late is what was answered last.
    expect(made[0]!.values!.slice(-1)).toEqual([[405, 405.5]]);
    expect(made[0]!.values!.find(([at]) => at === from / SECOND)![1]).toBe(from / SECOND + 0.5);
  });
  it("cannot be joined when a series begins", () =>
    expect(joined(kept, [series("c", 370, 401)], query(1, 401), 370 * SECOND)).toBeUndefined());
  it("drop a series that left the range", () => {
    const old = keep(whole, [series("a", 0, 3), series("b", 0, 400)], 0)!;
    const made = joined(old, [series("b", 374, 404)], query(4, 404), 374 * SECOND)!;
    expect(made.map((one) => one.metric.name)).toEqual(["b"]);
  });
  it("are not kept of native histograms", () => {
    const histogram = { metric: {}, histograms: [[1, { count: "1", sum: "1" }]] } as SeriesAnswer;
    expect(keep(whole, [histogram], 0)).toBeUndefined();
  });
});
