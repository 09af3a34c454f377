// Small preferences that belong to the reader, not to the address: kept by the browser.

import { effect, type Signal, signal } from "@preact/signals";

/** A signal whose value the browser remembers; a browser that keeps nothing loses nothing else. */
export function stored<T>(
  name: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): Signal<T> {
  const key = `flyball.${name}`;
  const kept = signal(load(key, initial, isValid));
  let isFirst = true;
  effect(() => {
    const { value } = kept;
    if (!isFirst) save(key, value);
    isFirst = false;
  });
  return kept;
}

function load<T>(key: string, initial: T, isValid: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return isValid(value) ? value : initial;
  } catch (error) {
    console.warn(`cannot read the preference ${key}`, error);
    return initial;
  }
}

function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch (error) {
    console.warn(`cannot keep the preference ${key}`, error);
  }
}
