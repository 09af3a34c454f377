// What was asked before, newest first; kept by the browser.

import { stored } from "../../app/stored";

/** The oldest go. */
const PAST_MAX = 200;

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** Expressions, newest first, each once. */
export const past = stored<readonly string[]>("explore.past", [], isTexts);

/** Remembers an expression that was asked. */
export function remember(expr: string): void {
  if (expr.trim() === "" || past.peek()[0] === expr) return;
  past.value = [expr, ...past.peek().filter((one) => one !== expr)].slice(0, PAST_MAX);
}
