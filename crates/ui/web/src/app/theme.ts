// Dark, light, or as the system has it; and the colours of the theme for canvases.

import { computed, effect, signal } from "@preact/signals";
import { options } from "preact";
import { param } from "./route";
import { stored } from "./stored";

export type Theme = "auto" | "light" | "dark";

const THEMES: readonly unknown[] = ["auto", "light", "dark"];

/** What the reader chose. `?theme=dark` in the address goes first. */
export const theme = stored<Theme>("theme", "auto", (value): value is Theme =>
  THEMES.includes(value),
);

const query = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(query.matches);
query.addEventListener("change", () => {
  systemIsDark.value = query.matches;
});

const isOnPaper = signal(false);

/** Paper is light; what is printed is taken right after this, so everything is drawn before it ends. */
function print(isBegun: boolean): void {
  const usual = options.debounceRendering;
  options.debounceRendering = (draw) => draw();
  isOnPaper.value = isBegun;
  if (usual) options.debounceRendering = usual;
  else delete options.debounceRendering;
}
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));

const chosen = computed<Theme>(() => {
  if (isOnPaper.value) return "light";
  const asked = param("theme");
  return THEMES.includes(asked) ? (asked as Theme) : theme.value;
});

/** Is the page dark now? What draws on a canvas draws anew when it changes. */
export const isDark = computed(() =>
  chosen.value === "auto" ? systemIsDark.value : chosen.value === "dark",
);

const colors = new Map<string, string>();
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

effect(() => {
  if (chosen.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen.value;
  void isDark.value;
  colors.clear();
});

/** The colour of a token (`--c1`) in the present theme, as `rgb(...)`; subscribes to the theme. */
export function color(token: string): string {
  void isDark.value;
  let found = colors.get(token);
  if (found === undefined) {
    probe.style.color = `var(${token})`;
    found = getComputedStyle(probe).color;
    colors.set(token, found);
  }
  return found;
}
