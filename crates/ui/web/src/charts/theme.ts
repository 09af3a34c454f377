// The tokens of the style sheet as plain colours, because a canvas cannot read custom properties.
// Charts subscribe to `chartTheme` and are drawn again when the theme, or printing, changes it.
// INV: nothing here is stored; the document's computed style is the only source.

import { signal } from "@preact/signals";
import { mix, parseColor } from "./colors";

export interface ChartTheme {
  dark: boolean;
  text: string;
  muted: string;
  grid: string;
  line: string;
  surface: string;
  sunken: string;
  accent: string;
  good: string;
  warn: string;
  bad: string;
  palette: readonly string[];
  font: string;
}

const NAMES = ["text", "muted", "grid", "line", "surface", "sunken", "accent", "good", "warn", "bad",
  "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"] as const;
type Token = (typeof NAMES)[number];

const LIGHT: Record<Token, string> = {
  text: "#1a1e1c", muted: "#565e59", grid: "#e9ebe5", line: "#dcdfd7", surface: "#ffffff", sunken: "#eceee8",
  accent: "#795300", good: "#13693a", warn: "#855000", bad: "#b3261e", c1: "#1f66c7", c2: "#c2570c",
  c3: "#be1240", c4: "#1a8045", c5: "#7a3fd0", c6: "#0c7c85", c7: "#8b6508", c8: "#c0268f",
};

function read(): ChartTheme {
  const tokens = { ...LIGHT };
  if (typeof document !== "undefined" && document.body) {
    const probe = document.createElement("i");
    probe.hidden = true;
    document.body.append(probe);
    const style = getComputedStyle(probe);
    for (const name of NAMES) {
      probe.style.color = `var(--${name}, ${LIGHT[name]})`;
      tokens[name] = opaque(style.color) ?? LIGHT[name];
    }
    probe.remove();
  }
  return themeOf(tokens);
}

function opaque(css: string): string | undefined {
  const rgb = parseColor(css);
  return rgb && `#${rgb.slice(0, 3).map((part) => Math.round(part!).toString(16).padStart(2, "0")).join("")}`;
}

function themeOf(tokens: Record<Token, string>): ChartTheme {
  const base = [tokens.c1, tokens.c2, tokens.c4, tokens.c5, tokens.c6, tokens.c3, tokens.c7, tokens.c8];
  const [r, g, b] = parseColor(tokens.surface) ?? [255, 255, 255];
  return {
    ...tokens,
    dark: r + g + b < 384,
    // Three rounds of eight: plain, towards the text, towards the ground.
    palette: [...base, ...base.map((c) => mix(c, tokens.text, 0.4)), ...base.map((c) => mix(c, tokens.surface, 0.35))],
    font: "12px system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  };
}

/** What charts are painted with at present. */
export const chartTheme = signal<ChartTheme>(read());

/** Reads the theme again; charts that use it are painted anew. */
export function refreshChartTheme(): void {
  const next = read();
  if (JSON.stringify(next) !== JSON.stringify(chartTheme.peek())) chartTheme.value = next;
}

/** The colour of the n-th series. */
export function paletteColor(index: number, theme: ChartTheme): string {
  const { palette } = theme;
  return palette[((index % palette.length) + palette.length) % palette.length]!;
}

if (typeof document !== "undefined") {
  new MutationObserver(refreshChartTheme).observe(document.documentElement, { attributeFilter: ["data-theme", "class"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refreshChartTheme);
  matchMedia("print").addEventListener("change", refreshChartTheme);
  addEventListener("load", refreshChartTheme);
}
