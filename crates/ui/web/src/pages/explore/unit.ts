// The unit of an answer, guessed from the names of its metrics; a guess that is not certain is none.
// Pure.

/** The unit of a histogram's bounds, from the names of its metrics. */
export function boundUnit(expr: string): string {
  return guessUnit((expr.match(/[a-zA-Z_:][\w:]*_(?:bytes|seconds|ratio)\w*/g) ?? []).join(" "));
}

/** `bytes`, `s`, `Bps`, `percentunit`, or `short`. */
export function guessUnit(expr: string): string {
  const names = [
    ...new Set(
      expr
        .replace(/"(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|\{[^}]*\}/g, "")
        .match(/[a-zA-Z_:][\w:]*_(?:bytes|seconds|ratio)(?:_total|_sum|_bucket)?\b/g) ?? [],
    ),
  ];
  const units = new Set(names.map((name) => /_(bytes|seconds|ratio)/.exec(name)?.[1]));
  const isQuotient = /[/^]|\b(?:count|count_over_time|changes|resets|bool|group|absent)\b/.test(
    expr,
  );
  if (units.size !== 1 || isQuotient) return "short";
  const isRate = /\b(?:rate|irate|deriv)\s*\(/.test(expr);
  const [unit] = units;
  if (/\bhistogram_(?:quantile|avg)\b/.test(expr))
    return unit === "seconds" ? "s" : unit === "bytes" ? "bytes" : "short";
  if (unit === "bytes") return isRate ? "Bps" : "bytes";
  if (unit === "seconds") return isRate ? "short" : "s";
  return "percentunit";
}
