import { describe, expect, it } from "vitest";
import type { Panel } from "../panels/model";
import { allPanels, findPlaced, layoutOf } from "./layout";

const panel = (
  id: number,
  x: number,
  y: number,
  w: number,
  h: number,
  rest: Partial<Panel> = {},
): Panel => ({ id, type: "stat", gridPos: { x, y, w, h }, ...rest });
const row = (id: number, y: number, rest: Partial<Panel> = {}): Panel =>
  panel(id, 0, y, 24, 1, { type: "row", ...rest });
const lay = (panels: Panel[], toggled: number[] = [], values: string[] = []) =>
  layoutOf({
    panels,
    toggled: new Set(toggled),
    valuesOf: () => values.map((value) => ({ text: value.toUpperCase(), value })),
  });
const where = (placed: ReturnType<typeof lay>) =>
  placed.map(({ key, pos: { x, y, w, h } }) => `${key}@${x},${y} ${w}x${h}`);

describe("layout", () => {
  it("keeps places and closes gaps above sections", () => {
    expect(
      where(
        lay([panel(2, 12, 5, 12, 4), panel(1, 0, 5, 12, 4), row(3, 30), panel(4, 0, 31, 24, 2)]),
      ),
    ).toEqual([
      "panel-1-0-0@0,0 12x4",
      "panel-2-0-0@12,0 12x4",
      "row-3-0@0,4 24x1",
      "panel-4-0-0@0,5 24x2",
    ]);
  });
  it("lets every panel go up until it meets another one", () => {
    const inside = [panel(2, 0, 21, 12, 4), panel(3, 12, 21, 12, 6), panel(4, 0, 433, 12, 4)];
    const below = panel(5, 0, 900, 24, 2);
    expect(where(lay([row(1, 20, { collapsed: true, panels: [...inside, below] })], [1]))).toEqual([
      "row-1-0@0,0 24x1",
      "panel-2-0-0@0,1 12x4",
      "panel-3-0-0@12,1 12x6",
      "panel-4-0-0@0,5 12x4",
      "panel-5-0-0@0,9 24x2",
    ]);
    const wide = panel(6, 20, 3, 12, 2);
    expect(where(lay([panel(7, 0, 0, 24, 3), wide]))).toEqual([
      "panel-7-0-0@0,0 24x3",
      "panel-6-0-0@20,3 12x2",
    ]);
  });
  it("hides panels of closed rows until they are opened", () => {
    const panels = [
      row(1, 0, { collapsed: true, panels: [panel(2, 0, 9, 6, 3)] }),
      row(3, 1),
      panel(4, 0, 2, 6, 3),
    ];
    expect(where(lay(panels))).toEqual([
      "row-1-0@0,0 24x1",
      "row-3-0@0,1 24x1",
      "panel-4-0-0@0,2 6x3",
    ]);
    expect(where(lay(panels, [1, 3]))).toEqual([
      "row-1-0@0,0 24x1",
      "panel-2-0-0@0,1 6x3",
      "row-3-0@0,4 24x1",
    ]);
    expect(allPanels(panels).map((one) => one.id)).toEqual([1, 2, 3, 4]);
  });
  it("repeats panels side by side and pushes what is below", () => {
    const panels = [panel(1, 0, 0, 6, 4, { repeat: "host", maxPerRow: 2 }), panel(2, 0, 4, 24, 2)];
    const placed = lay(panels, [], ["a", "b", "c"]);
    expect(where(placed)).toEqual([
      "panel-1-0-0@0,0 12x4",
      "panel-1-0-1@12,0 12x4",
      "panel-1-0-2@0,4 12x4",
      "panel-2-0-0@0,8 24x2",
    ]);
    expect(placed[1]!.fixed).toEqual({ host: { value: "b", text: "B" } });
    expect(findPlaced(placed, "panel-1-clone-2")!.key).toBe("panel-1-0-2");
    expect(findPlaced(placed, "2")!.key).toBe("panel-2-0-0");
    expect(findPlaced(placed, "x")).toBeUndefined();
  });
  it("repeats downwards, and whole rows", () => {
    expect(
      where(lay([panel(1, 6, 0, 6, 2, { repeat: "v", repeatDirection: "v" })], [], ["a", "b"])),
    ).toEqual(["panel-1-0-0@6,0 6x2", "panel-1-0-1@6,2 6x2"]);
    expect(where(lay([row(1, 0, { repeat: "v" }), panel(2, 0, 1, 24, 3)], [], ["a", "b"]))).toEqual(
      ["row-1-0@0,0 24x1", "panel-2-0-0@0,1 24x3", "row-1-1@0,4 24x1", "panel-2-1-0@0,5 24x3"],
    );
  });
  it("shows a repeated panel once when its variable has no values", () => {
    expect(lay([panel(1, 0, 0, 6, 4, { repeat: "host" })]).length).toBe(1);
  });
});
