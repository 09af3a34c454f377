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
