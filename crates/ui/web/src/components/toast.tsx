// Short notes about what just happened; gone after a while, kept while pointed at.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { asError } from "../app/load";
import { Button } from "./button";
import { Mark, type Tone } from "./state";
import "./toast.css";

interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
}

/** At most so many at a time; the oldest goes. */
const TOASTS_MAX = 4;
const TOAST_MS = 5000;

const toasts = signal<readonly Toast[]>([]);
let count = 0;

/** Says something at the lower edge of the page. */
export function toast(text: string, tone: Tone = "good"): void {
  count += 1;
  const id = count;
  toasts.value = [...toasts.peek().slice(1 - TOASTS_MAX), { id, tone, text }];
  setTimeout(() => dismiss(id), tone === "bad" ? 3 * TOAST_MS : TOAST_MS);
}

/** Says what went wrong. */
export function toastError(error: unknown): void {
  toast(asError(error).message, "bad");
}

/** Puts text into the clipboard and says so. */
export async function copy(text: string, what = "Copied"): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(what);
  } catch (error) {
    // Browsers refuse it without TLS on other hosts than this one.
    toast(`The browser does not allow copying: ${asError(error).message}`, "warn");
  }
}

function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((toast) => toast.id !== id);
}

/** Where the notes appear; once per page. */
export function Toasts(): JSX.Element {
  return (
    <div class="toasts no-print" role="status" aria-live="polite">
      {toasts.value.map(({ id, tone, text }) => (
        <div key={id} class="toast">
          <Mark tone={tone} />
          <span class="grow">{text}</span>
          <Button look="quiet" icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
