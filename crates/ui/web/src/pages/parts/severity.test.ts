import { expect, it } from "vitest";
import { severityRank, severityTone } from "./severity";

it("reads severity, then priority, whatever their case", () => {
  expect(severityTone({ severity: "Critical" })).toBe("bad");
  expect(severityTone({ priority: "high" })).toBe("bad");
  expect(severityTone({ severity: "warning", priority: "high" })).toBe("warn");
  expect(severityTone({ severity: "low" })).toBe("warn");
  expect(severityTone({ severity: "info" })).toBe("info");
});

it("takes what says nothing, or a word of one's own, for something between warning and info", () => {
  for (const labels of [{}, { severity: "purple" }]) {
    expect(severityTone(labels)).toBe("warn");
    expect(severityRank(labels)).toBeGreaterThan(severityRank({ severity: "warning" }));
    expect(severityRank(labels)).toBeLessThan(severityRank({ severity: "info" }));
  }
});
