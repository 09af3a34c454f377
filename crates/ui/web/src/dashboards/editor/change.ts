// Changes to panels inside a dashboard's JSON, wherever they stand. Pure.

import type { Dashboard, FieldConfig, Panel } from "../../panels/model";

/** The dashboard with one panel changed, also inside of rows. */
export function changePanel(
  dashboard: Dashboard,
  id: number,
  change: (panel: Panel) => Panel,
): Dashboard {
  const walk = (panels: readonly Panel[]): Panel[] =>
    panels.map((panel) => {
      if (panel.id === id && panel.type !== "row") return change(panel);
      return panel.panels ? { ...panel, panels: walk(panel.panels) } : panel;
    });
  return { ...dashboard, panels: walk(dashboard.panels) };
}

/** A member set, or taken away when there is nothing to say. */
export function withMember<T extends object>(object: T, name: string, value: unknown): T {
  const { [name]: _old, ...rest } = object as Record<string, unknown>;
  return (value === undefined || value === "" ? rest : { ...rest, [name]: value }) as T;
}

/** The panel with one member of its field defaults changed. */
export function withDefault(panel: Panel, name: string, value: unknown): Panel {
  const source = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  return {
    ...panel,
    fieldConfig: { ...source, defaults: withMember<FieldConfig>(source.defaults, name, value) },
  };
}

/** The panel with one of its drawing options (`custom`) changed. */
export function withCustom(panel: Panel, name: string, value: unknown): Panel {
  return withDefault(
    panel,
    "custom",
    withMember(panel.fieldConfig?.defaults.custom ?? {}, name, value),
  );
}

/** The panel with one option changed; a path goes into nested ones. */
export function withOption(panel: Panel, path: readonly string[], value: unknown): Panel {
  const set = (
    object: Record<string, unknown>,
    [head, ...rest]: readonly string[],
  ): Record<string, unknown> => {
    if (head === undefined) return object;
    const below = (object[head] ?? {}) as Record<string, unknown>;
    return withMember(object, head, rest.length === 0 ? value : set(below, rest));
  };
  return { ...panel, options: set(panel.options ?? {}, path) };
}

/** The next name of a query: A, B, ..., Z, AA. */
export function nextRefId(taken: readonly string[]): string {
  for (let i = 0; ; i++) {
    const letter = String.fromCharCode(65 + (i % 26));
    const name = i < 26 ? letter : `${String.fromCharCode(64 + Math.floor(i / 26))}${letter}`;
    if (!taken.includes(name)) return name;
  }
}

export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
}

const LINES_MAX = 4000;
const CONTEXT = 3;

/** The lines that differ between two texts, with some around them. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split("\n").slice(0, LINES_MAX);
  const b = after.split("\n").slice(0, LINES_MAX);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  )
    end++;
  const middle = longest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (lines: readonly string[]): DiffLine[] =>
    lines.map((text) => ({ kind: "same", text }));
  if (middle.length === 0) return [];
  return [
    ...same(a.slice(Math.max(0, start - CONTEXT), start)),
    ...near(middle),
    ...same(a.slice(a.length - end, a.length - end + CONTEXT)),
  ];
}

const CELLS_MAX = 4_000_000;

/** Longest common subsequence; two large different parts are shown as removed and added. */
function longest(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length * b.length > CELLS_MAX) return [...mark(a, "removed"), ...mark(b, "added")];
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) (lines.push({ kind: "same", text: a[i++]! }), j++);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)
      lines.push({ kind: "removed", text: a[i++]! });
    else lines.push({ kind: "added", text: b[j++]! });
  }
  return [...lines, ...mark(a.slice(i), "removed"), ...mark(b.slice(j), "added")];
}

const mark = (lines: readonly string[], kind: DiffLine["kind"]): DiffLine[] =>
  lines.map((text) => ({ kind, text }));

/** Long stretches without a change are left out. */
function near(lines: readonly DiffLine[]): DiffLine[] {
  const changed = lines.map((line) => line.kind !== "same");
  const isNear = (at: number): boolean =>
    changed.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(Boolean);
  const made: DiffLine[] = [];
  lines.forEach((line, i) => {
    if (isNear(i)) made.push(line);
    else if (made[made.length - 1]?.text !== "…") made.push({ kind: "same", text: "…" });
  });
  return made;
}
