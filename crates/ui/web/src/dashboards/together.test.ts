import { describe, expect, it, vi } from "vitest";
import { Together } from "./together";

describe("answers shown together", () => {
  it("wait for the last one that is expected", () => {
    const shown: string[] = [];
    const all = new Together(1000, (show) => show());
    const [first, second] = [all.expect(), all.expect()];
    first(() => shown.push("first"));
    expect(shown).toEqual([]);
    second(() => shown.push("second"));
    expect(shown).toEqual(["first", "second"]);
  });
  it("do not wait for one that fails", () => {
    const shown: string[] = [];
    const all = new Together(1000, (show) => show());
    const [first, second] = [all.expect(), all.expect()];
    first(() => shown.push("first"));
    second();
    expect(shown).toEqual(["first"]);
  });
  it("wait for a slow one only so long", () => {
    vi.useFakeTimers();
    const shown: string[] = [];
    const all = new Together(100, (show) => show());
    const [first, slow] = [all.expect(), all.expect()];
    first(() => shown.push("first"));
    vi.advanceTimersByTime(100);
    expect(shown).toEqual(["first"]);
    slow(() => shown.push("slow"));
    expect(shown).toEqual(["first", "slow"]);
    vi.useRealTimers();
  });
});
