// Where an error of the server lies in an expression: `1:8: parse error: ...`.
// Pure. Columns of the server count bytes, those of the browser UTF-16.

export interface Fault {
  /** The line of the expression, before, at and after the place. */
  readonly before: string;
  readonly at: string;
  readonly after: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** The place an error names, if it names one that is in the expression. */
export function faultOf(message: string, expr: string): Fault | undefined {
  const found = /(?:^|[\s(])(\d{1,6}):(\d{1,6})(?:[:)]|$)/.exec(message);
  if (!found) return undefined;
  const [line, column] = [Number(found[1]), Number(found[2])];
  const text = expr.split("\n")[line - 1];
  if (text === undefined || column < 1) return undefined;
  const at = unitsOf(text, column - 1);
  const length =
    text.codePointAt(at) === undefined ? 0 : String.fromCodePoint(text.codePointAt(at) ?? 0).length;
  return {
    before: text.slice(0, at),
    at: text.slice(at, at + length),
    after: text.slice(at + length),
    line,
    column,
  };
}

/** How many units of UTF-16 the first `bytes` bytes are. */
function unitsOf(text: string, bytes: number): number {
  let left = bytes;
  let units = 0;
  for (const letter of text) {
    if (left <= 0) break;
    left -= new TextEncoder().encode(letter).length;
    units += letter.length;
  }
  return units;
}
