// Which series stay after a click in a legend.

/**
 * The only series to show after a click on one of them; none means all. A click shows that one alone, or
 * all again; `add` (with ctrl) takes one more or one less.
 */
export function clicked(
  names: readonly string[],
  isolated: readonly string[],
  name: string,
  add: boolean,
): readonly string[] {
  const shown = isolated.length > 0 ? isolated : names;
  if (!add) return isolated.length === 1 && isolated[0] === name ? [] : [name];
  const next = shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name];
  return next.length === names.length ? [] : next;
}
