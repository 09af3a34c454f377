// Keys: sequences of one or two strokes, with the words that the help shows for them.
// Grafana's keys where it has one; nothing fires while somebody types.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Shortcut {
  /** Strokes with a blank between them: `g h`, `ctrl+k`, `?`. */
  readonly keys: string;
  /** What it does, for the help. */
  readonly does: string;
  /** Heading in the help. */
  readonly group: string;
  readonly run: () => void;
}

/** Milliseconds in which the second stroke of a sequence must follow. */
const SEQUENCE_MS = 1200;

/** What is bound now, newest last; the newest of two with the same keys runs. */
export const shortcuts = signal<readonly Shortcut[]>([]);

let pending: { stroke: string; until: number } | undefined;

/** Binds keys; the answer takes them back. */
export function bind(added: readonly Shortcut[]): () => void {
  shortcuts.value = [...shortcuts.peek(), ...added];
  return () => {
    shortcuts.value = shortcuts.peek().filter((shortcut) => !added.includes(shortcut));
  };
}

/** Binds keys while a component is there; `make` runs again when `inputs` change. */
export function useKeys(make: () => readonly Shortcut[], inputs: readonly unknown[] = []): void {
  useEffect(() => bind(make()), inputs);
}

/** `ctrl+k`, `?`, `g`, `left`: how a stroke is written. */
export function strokeOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">,
): string {
  const named: Record<string, string> = {
    "ArrowLeft": "left",
    "ArrowRight": "right",
    "ArrowUp": "up",
    "ArrowDown": "down",
    "Escape": "esc",
    " ": "space",
  };
  const key = named[event.key] ?? (event.key.length === 1 ? event.key : event.key.toLowerCase());
  const held = event.ctrlKey || event.metaKey ? "ctrl+" : "";
  return `${held}${event.altKey ? "alt+" : ""}${held ? key.toLowerCase() : key}`;
}

/** Finds what a stroke starts, given the stroke before it. */
export function match(
  bound: readonly Shortcut[],
  before: string | undefined,
  stroke: string,
): Shortcut | undefined {
  const find = (keys: string) => bound.findLast((shortcut) => shortcut.keys === keys);
  return (before ? find(`${before} ${stroke}`) : undefined) ?? find(stroke);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const stroke = strokeOf(event);
  // While typing, or in a dialog, only strokes that write nothing reach the page.
  const isBusy =
    isTyping(event.composedPath()[0] ?? null) || document.querySelector("dialog[open]") !== null;
  if (isBusy && !stroke.startsWith("ctrl+")) return;
  const before = pending && pending.until > event.timeStamp ? pending.stroke : undefined;
  const found = match(shortcuts.peek(), before, stroke);
  pending = found ? undefined : { stroke, until: event.timeStamp + SEQUENCE_MS };
  if (!found) return;
  event.preventDefault();
  found.run();
});
