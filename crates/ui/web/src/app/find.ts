// Finding by a few letters: how well a name fits what was typed, and the best of many.

/** Something that can be found by its name. */
export interface Findable {
  readonly name: string;
  /** Further words it can be found by. */
  readonly words?: string;
}

/**
 * How well `name` fits: higher is better, nothing when letters are missing.
 * Whole words and beginnings of words go before letters in between; short names before long ones.
 */
export function fit(typed: string, name: string): number | undefined {
  const lower = name.toLowerCase();
  let score = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const found = fitWord(word, lower);
    if (found === undefined) return undefined;
    score += found;
  }
  return score - name.length / 1000;
}

function fitWord(word: string, name: string): number | undefined {
  const at = name.indexOf(word);
  if (at === 0) return name.length === word.length ? 5 : 4;
  if (at > 0) return isWordStart(name, at) ? 3 : 2;
  // The letters in their order; those at starts of words count.
  let from = 0;
  let starts = 0;
  for (const letter of word) {
    const next = name.indexOf(letter, from);
    if (next < 0) return undefined;
    if (isWordStart(name, next)) starts += 1;
    from = next + 1;
  }
  return word.length > 1 ? starts / word.length : undefined;
}

function isWordStart(name: string, at: number): boolean {
  return at === 0 || /[^a-z0-9]/.test(name[at - 1] as string);
}

/** The best, best first; all in their order when nothing is typed. */
export function best<T extends Findable>(typed: string, all: readonly T[], limit: number): T[] {
  if (typed.trim() === "") return all.slice(0, limit);
  const scored: { one: T; score: number }[] = [];
  for (const one of all) {
    const byName = fit(typed, one.name);
    const byWords = one.words === undefined ? undefined : fit(typed, `${one.name} ${one.words}`);
    const score = byName ?? (byWords === undefined ? undefined : byWords - 1);
    if (score !== undefined) scored.push({ one, score });
  }
  scored.sort((a, b) => b.score - a.score);
  return scored.slice(0, limit).map(({ one }) => one);
}
