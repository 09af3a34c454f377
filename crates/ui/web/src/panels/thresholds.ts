// Thresholds and colour modes: which colour a value has.
// Used by `display` and charts. Pure: the theme comes in as an argument.

import { alongScale, mix, resolveColor } from "../charts/colors";
import { type ChartTheme, paletteColor } from "../charts/theme";
import type { FieldConfig, Thresholds, ThresholdStep } from "./model";

const NO_STEPS: Thresholds = {
  mode: "absolute",
  steps: [
    { value: null, color: "green" },
    { value: 80, color: "red" },
  ],
};

export interface Limits {
  min: number;
  max: number;
}

/** The steps in ascending order; the first one begins at minus infinity. */
export function stepsOf(config: FieldConfig): ThresholdStep[] {
  const { steps } = config.thresholds ?? NO_STEPS;
  return [...steps].sort(
    (a, b) => (a.value ?? Number.NEGATIVE_INFINITY) - (b.value ?? Number.NEGATIVE_INFINITY),
  );
}

/** The step that a value has reached. Percentages count from min to max. */
export function stepAt(
  config: FieldConfig,
  value: number,
  limits: Limits,
): ThresholdStep | undefined {
  const steps = stepsOf(config);
  const compared =
    config.thresholds?.mode === "percentage"
      ? ((value - limits.min) / (limits.max - limits.min || 1)) * 100
      : value;
  return steps.findLast((step) => step.value === null || compared >= step.value) ?? steps[0];
}

/** Steps as absolute values with plain colours, for gauges and charts. */
export function absoluteSteps(
  config: FieldConfig,
  limits: Limits,
  theme: ChartTheme,
): { value: number; color: string }[] {
  const percent = config.thresholds?.mode === "percentage";
  return stepsOf(config).map((step) => {
    const value =
      step.value === null
        ? Number.NEGATIVE_INFINITY
        : percent
          ? limits.min + ((limits.max - limits.min) * step.value) / 100
          : step.value;
    return { value, color: resolveColor(step.color, theme.dark, theme.text) };
  });
}

const SCALES: Record<string, readonly string[]> = {
  GrYlRd: ["green", "yellow", "red"],
  RdYlGr: ["red", "yellow", "green"],
  BlYlRd: ["dark-blue", "yellow", "dark-red"],
  YlRd: ["super-light-yellow", "dark-red"],
  BlPu: ["super-light-blue", "dark-purple"],
  YlBl: ["super-light-yellow", "dark-blue"],
};
const SHADED = ["blue", "red", "green", "purple", "yellow", "orange"];
const VIRIDIS = ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"];
const NAMED_SCALES: Record<string, readonly string[]> = {
  viridis: VIRIDIS,
  magma: ["#000004", "#3b0f70", "#8c2981", "#de4968", "#fe9f6d", "#fcfdbf"],
  plasma: ["#0d0887", "#6a00a8", "#b12a90", "#e16462", "#fca636", "#f0f921"],
  inferno: ["#000004", "#420a68", "#932667", "#dd513a", "#fca50a", "#fcffa4"],
  cividis: ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"],
};

/** The colours of a `continuous-...` mode, or nothing. */
export function scaleColors(mode: string, theme: ChartTheme): readonly string[] | undefined {
  const name = mode.replace(/^continuous-/, "");
  if (name === mode) return undefined;
  const plain = (color: string): string => resolveColor(color, theme.dark, theme.text);
  if (Object.hasOwn(SCALES, name)) return SCALES[name]!.map(plain);
  if (Object.hasOwn(NAMED_SCALES, name)) return NAMED_SCALES[name]!;
  const hue = name.toLowerCase().replace(/s$/, "");
  return SHADED.includes(hue) ? [mix(plain(hue), theme.surface, 0.75), plain(hue)] : VIRIDIS;
}

/** The colour of a series as a whole. */
export function seriesColor(
  config: FieldConfig,
  index: number,
  theme: ChartTheme,
  last: number | null,
): string {
  const mode = config.color?.mode ?? "palette-classic";
  if (mode === "fixed" || mode === "shades") {
    const color = resolveColor(config.color?.fixedColor ?? "green", theme.dark, theme.text);
    return mode === "shades" ? shade(color, index, theme) : color;
  }
  if (mode === "thresholds" || mode.startsWith("continuous-")) {
    return last === null
      ? theme.muted
      : valueColor(config, last, { min: config.min ?? 0, max: config.max ?? 100 }, theme)!;
  }
  return paletteColor(index, theme);
}

function shade(color: string, index: number, theme: ChartTheme): string {
  const towards = index % 2 === 0 ? theme.text : theme.surface;
  return mix(color, towards, Math.min(0.7, Math.ceil(index / 2) * 0.18));
}

/** The colour that one value has by itself, or nothing when the mode colours series. */
export function valueColor(
  config: FieldConfig,
  value: number,
  limits: Limits,
  theme: ChartTheme,
): string | undefined {
  const mode = config.color?.mode ?? "thresholds";
  const scale = scaleColors(mode, theme);
  if (scale) return alongScale(scale, (value - limits.min) / (limits.max - limits.min || 1));
  if (mode === "fixed") return resolveColor(config.color?.fixedColor, theme.dark, theme.text);
  if (mode !== "thresholds") return undefined;
  return resolveColor(stepAt(config, value, limits)?.color, theme.dark, theme.text);
}
