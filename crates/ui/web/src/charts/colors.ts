// Colours: Grafana's names, mixing, transparency, and text that can be read on a ground.
// Used by charts and panels. A colour is a CSS text; arithmetic happens in RGB.
// Pure: the theme comes in as an argument.

export type Rgb = readonly [r: number, g: number, b: number, a: number];

const SHADES: Record<string, readonly string[]> = {
  red: ["#ffa6b0", "#ff7383", "#f2495c", "#e02f44", "#c4162a", "#ad0317"],
  orange: ["#ffcb7d", "#ffb357", "#ff9830", "#ff780a", "#fa6400", "#e55400"],
  yellow: ["#fff899", "#ffee52", "#fade2a", "#f2cc0c", "#e0b400", "#cc9d00"],
  green: ["#c8f2c2", "#96d98d", "#73bf69", "#56a64b", "#37872d", "#19730e"],
  blue: ["#c0d8ff", "#8ab8ff", "#5794f2", "#3274d9", "#1f60c4", "#1250b0"],
  purple: ["#deb6f2", "#ca95e5", "#b877d9", "#a352cc", "#8f3bb8", "#7c2ea3"],
};
const SHADE_NAMES = ["super-light-", "light-", "", "semi-dark-", "dark-"];

const CSS_NAMES: Record<string, string> = {
  black: "#000000",
  white: "#ffffff",
  gray: "#808080",
  grey: "#808080",
  transparent: "#00000000",
  rgb: "#808080",
  pink: "#ffc0cb",
  brown: "#a52a2a",
  cyan: "#00ffff",
  magenta: "#ff00ff",
  teal: "#008080",
  lime: "#00ff00",
  navy: "#000080",
  darkblue: "#00008b",
  silver: "#c0c0c0",
};

/** A colour of a dashboard as CSS: `semi-dark-red`, `#abc`, `rgb(...)`; `text` and unknown names use the fallback. */
export function resolveColor(name: string | undefined, dark: boolean, text: string): string {
  if (!name || name === "text") return text;
  const shade =
    /^((?:super-light|light|semi-dark|dark)-)?(red|orange|yellow|green|blue|purple)$/.exec(name);
  if (shade) return SHADES[shade[2]!]![SHADE_NAMES.indexOf(shade[1] ?? "") + (dark ? 0 : 1)]!;
  return CSS_NAMES[name.toLowerCase()] ?? (parseColor(name) ? name : text);
}

/** Red, green, blue (0-255) and alpha of a hex or rgb() colour. */
export function parseColor(text: string): Rgb | undefined {
  const hex = /^#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.exec(text)?.[1];
  if (hex) {
    const wide = hex.length <= 4 ? [...hex].map((digit) => digit + digit).join("") : hex;
    const part = (at: number): number => Number.parseInt(wide.slice(at, at + 2), 16);
    return [part(0), part(2), part(4), wide.length === 8 ? part(6) / 255 : 1];
  }
  const call =
    /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)(?:[\s,/]+([\d.]+)(%)?)?\s*\)$/i.exec(text);
  if (!call) return undefined;
  const alpha = call[4] === undefined ? 1 : Number(call[4]) / (call[5] ? 100 : 1);
  return [Number(call[1]), Number(call[2]), Number(call[3]), alpha];
}

const write = ([r, g, b, a]: Rgb): string =>
  a >= 1
    ? `#${[r, g, b].map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`
    : `rgba(${Math.round(r)}, ${Math.round(g)}, ${Math.round(b)}, ${Math.round(a * 1000) / 1000})`;

/** The same colour, so transparent (0 = not to be seen). */
export function withAlpha(color: string, alpha: number): string {
  const rgb = parseColor(color);
  return rgb ? write([rgb[0], rgb[1], rgb[2], rgb[3] * alpha]) : color;
}

/** A colour on the way from one to the other. */
export function mix(from: string, to: string, share: number): string {
  const a = parseColor(from);
  const b = parseColor(to);
  if (!a || !b) return from;
  const at = (i: 0 | 1 | 2 | 3): number => a[i] + (b[i] - a[i]) * share;
  return write([at(0), at(1), at(2), at(3)]);
}

/** The colour at a place (0..1) of a scale of equally spaced colours. */
export function alongScale(colors: readonly string[], place: number): string {
  if (colors.length === 1) return colors[0]!;
  const at = Math.min(1, Math.max(0, place)) * (colors.length - 1);
  const below = Math.min(colors.length - 2, Math.floor(at));
  return mix(colors[below]!, colors[below + 1]!, at - below);
}

function luminance([r, g, b]: Rgb): number {
  const linear = [r, g, b].map((part) => {
    const unit = part / 255;
    return unit <= 0.04045 ? unit / 12.92 : ((unit + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
}

/** Contrast of two colours as WCAG counts it, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [first, second] = [parseColor(a), parseColor(b)];
  if (!first || !second) return 21;
  const [high, low] = [luminance(first), luminance(second)].sort((x, y) => y - x) as [
    number,
    number,
  ];
  return (high + 0.05) / (low + 0.05);
}

/** The colour, moved towards black or white until text of it can be read on the ground. */
export function readable(color: string, ground: string, least = 4.5): string {
  const target = contrast("#ffffff", ground) >= contrast("#000000", ground) ? "#ffffff" : "#000000";
  for (let share = 0; share <= 1; share += 0.08) {
    const tried = mix(color, target, share);
    if (contrast(tried, ground) >= least) return tried;
  }
  return target;
}

/** Black or white, whichever can be read on the ground. */
export function inkOn(ground: string): string {
  return contrast("#ffffff", ground) >= contrast("#16191d", ground) ? "#ffffff" : "#16191d";
}
