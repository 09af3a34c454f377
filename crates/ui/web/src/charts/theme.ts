// The tokens of the style sheet as plain colours, because a canvas cannot read custom properties.
// Charts read `chartTheme`; it changes with the theme, and they are painted anew.

import { computed } from "@preact/signals";
import { color } from "../app/theme";
import { mix, parseColor } from "./colors";

const NAMES = [
  "text",
  "muted",
  "grid",
  "line",
  "surface",
  "sunken",
  "accent",
  "good",
  "warn",
  "bad",
  "c1",
  "c2",
  "c3",
  "c4",
  "c5",
  "c6",
  "c7",
  "c8",
] as const;
type Token = (typeof NAMES)[number];

export interface ChartTheme extends Record<Token, string> {
  dark: boolean;
  palette: readonly string[];
  font: string;
}

/** What charts are painted with at present. */
export const chartTheme = computed<ChartTheme>(() => {
  const read = (name: Token): [Token, string] => [name, mix(color(`--${name}`), "#000000", 0)];
  return themeOf(Object.fromEntries(NAMES.map(read)) as Record<Token, string>);
});

/** A theme of these tokens. */
export function themeOf(tokens: Record<Token, string>): ChartTheme {
  const base = [
    tokens.c1,
    tokens.c2,
    tokens.c4,
    tokens.c5,
    tokens.c6,
    tokens.c3,
    tokens.c7,
    tokens.c8,
  ];
  const [r, g, b] = parseColor(tokens.surface) ?? [255, 255, 255];
  return {
    ...tokens,
    dark: r + g + b < 384,
    // Three rounds of eight: plain, towards the text, towards the ground.
    palette: [
      ...base,
      ...base.map((c) => mix(c, tokens.text, 0.4)),
      ...base.map((c) => mix(c, tokens.surface, 0.35)),
    ],
    font: "12px system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  };
}

/** The colour of the n-th series. */
export function paletteColor(index: number, theme: ChartTheme): string {
  const { palette } = theme;
  return palette[((index % palette.length) + palette.length) % palette.length]!;
}
