import { expect, it } from "vitest";
import { figuresOf } from "../parts/own_figures";
import { limitsOf, numberOf } from "./limits";

const series = (name: string, value: number, labels: Record<string, string> = {}) => ({
  metric: { __name__: name, ...labels },
  value: [0, String(value)] as [number, string],
});

const FIGURES = figuresOf([
  series("flyball_storage_memory_limit_bytes", 800),
  series("flyball_storage_head_bytes", 100),
  series("flyball_storage_cache_bytes", 20),
  series("flyball_queries_concurrent_max", 7),
  series("flyball_queries_refused_total", 3, { reason: "series" }),
  series("flyball_queries_refused_total", 5, { reason: "memory" }),
  series("flyball_otlp_requests_total", 2, { outcome: "limited" }),
  series("flyball_notifications_queue_length", 4, { alertmanager: "a" }),
  series("flyball_notifications_queue_length", 3, { alertmanager: "b" }),
  series("flyball_notifications_queue_capacity", 10),
  series("flyball_otlp_requests_total", 9, { outcome: "accepted" }),
]);

it("says of each limit what is used, where it ends and how often it was reached", () => {
  const all = limitsOf(FIGURES, { "query.max-series": "50" }).flatMap(({ limits }) => limits);
  const of = (what: string) => all.find((one) => one.what === what);
  expect(of("Memory for samples and queries")).toMatchObject({
    used: 120,
    most: 800,
    reached: 5,
  });
  expect(of("Queries at once")).toMatchObject({ most: 7 });
  expect(of("Series of a query")).toMatchObject({ most: 50, reached: 3 });
  expect(of("Memory of a query")).toMatchObject({ most: 100 });
  expect(of("Pushes with new series")).toMatchObject({ reached: 2 });
  expect(of("Series")).toMatchObject({ most: undefined, unlessSet: 5_000_000 });
  expect(of("Alerts that wait for an external Alertmanager")).toMatchObject({ used: 4, most: 10 });
  expect(of("Time of a query")?.most).toBe(120);
});

it("reads numbers of flags with their units", () => {
  expect(numberOf({ a: "2m" }, "a")).toBe(120);
  expect(numberOf({ a: "512MB" }, "a")).toBe(512 * 2 ** 20);
  expect(numberOf({ a: "1000" }, "a")).toBe(1000);
  expect(numberOf({ a: "much" }, "a")).toBeUndefined();
  expect(numberOf({}, "query.timeout")).toBe(120);
});
