// Numbers of the query API.

/** A number as the query API writes it, or as it was read before. */
export function parseValue(text: string | number): number {
  if (text === "+Inf" || text === "Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  return Number(text);
}
