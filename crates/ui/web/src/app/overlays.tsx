// What opens over any page: the palette (ctrl+k, /) and the list of keys (?). Their code is loaded then.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { lazyPart } from "../components/lazy";

const Palette = lazyPart(() => import("./palette").then((module) => module.Palette));
const Help = lazyPart(() => import("./help").then((module) => module.Help));

const opened = signal<"palette" | "help" | undefined>(undefined);

export function openPalette(): void {
  opened.value = "palette";
}

export function openHelp(): void {
  opened.value = "help";
}

function close(): void {
  opened.value = undefined;
}

export function Overlays(): JSX.Element | null {
  if (opened.value === "palette") return <Palette close={close} />;
  return opened.value === "help" ? <Help close={close} /> : null;
}
