import { expect, test } from "vitest";
import { boundUnit, guessUnit } from "./unit";

test("units are guessed only where the names leave no doubt", () => {
  const cases: [string, string][] = [
    ["node_memory_MemFree_bytes", "bytes"],
    ["rate(node_network_receive_bytes_total[5m])", "Bps"],
    ["scrape_duration_seconds", "s"],
    ["rate(node_cpu_seconds_total[5m])", "short"],
    ["histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))", "s"],
    ["a_bytes / b_bytes", "short"],
    ['up{x="a_bytes"}', "short"],
    ["count(a_bytes)", "short"],
    ["cache_hit_ratio", "percentunit"],
    ["", "short"],
  ];
  expect(boundUnit("sum by (le) (rate(http_request_duration_seconds_bucket[5m]))")).toBe("s");
  expect(boundUnit("sum by (le) (rate(response_size_bytes_bucket[5m]))")).toBe("bytes");
  expect(boundUnit("rate(queue_length_bucket[5m])")).toBe("short");
  for (const [expr, unit] of cases) expect([expr, guessUnit(expr)]).toEqual([expr, unit]);
});
