// How many digits a number is shown with, and the fixed text of it.
// Used by every unit; follows Grafana so that an imported panel reads the same.
// Pure: no locale, no clock.

/** Decimals that leave about three significant digits; whole numbers get none. */
export function autoDecimals(value: number): number {
  if (!Number.isFinite(value) || value % 1 === 0) return 0;
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  return Math.max(0, 2 - magnitude);
}

/** The number with so many decimals, rounded half up; automatic decimals when none are asked for. */
export function fixed(value: number, decimals?: number | null): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-∞" : "∞";
  const places = Math.min(100, Math.max(0, decimals ?? autoDecimals(value)));
  if (places > 15) return value.toFixed(places);
  const factor = 10 ** places;
  const rounded = Math.round(value * factor) / factor;
  if (!Number.isFinite(rounded)) return String(value);
  const text = Math.abs(rounded) >= 1e21 ? String(rounded) : rounded.toFixed(places);
  return Number(text) === 0 && text.startsWith("-") ? text.slice(1) : text;
}

type Form = (value: number, decimals: number) => string;

/** Texts of the values of an axis: those of one unit have the same decimals, as few as are true. */
export function tickLabels(values: readonly number[], form: Form): string[] {
  const unitOf = (value: number): string => form(value, 0).replace(/^[-\d.]+/, "");
  const units = new Map<string, number[]>();
  for (const value of values.filter((one) => one !== 0)) {
    const unit = unitOf(value);
    units.set(unit, [...(units.get(unit) ?? []), value]);
  }
  const decimals = new Map([...units].map(([unit, own]) => [unit, trueDecimals(own, form)]));
  return values.map((value) => form(value, value === 0 ? 0 : (decimals.get(unitOf(value)) ?? 0)));
}

/** More would be read by nobody. */
const TRUE_DECIMALS_MAX = 3;
/** What a text may be off, as a share of the least value, where no short one is true. */
const SHARE_OFF_MAX = 0.011;

/** The least decimals that show these values as they are, else nearly so. */
function trueDecimals(values: readonly number[], form: Form): number {
  const number = (value: number, decimals: number): number =>
    Number.parseFloat(form(value, decimals));
  const wholes = values.map((value) => Math.abs(number(value, 9))).filter((one) => one > 0);
  const off = (decimals: number): number =>
    Math.max(0, ...values.map((value) => Math.abs(number(value, decimals) - number(value, 9))));
  const least = Math.min(...wholes);
  for (const share of [1e-9, SHARE_OFF_MAX]) {
    for (let decimals = 0; decimals <= TRUE_DECIMALS_MAX; decimals++)
      if (!(off(decimals) > share * least)) return decimals;
  }
  return distinctDecimals(values, form);
}

/** The least decimals that tell these (evenly spaced) axis values apart in the given form. */
export function distinctDecimals(values: readonly number[], form: Form): number {
  const wanted = new Set(values).size;
  for (let decimals = 0; decimals < 10; decimals++) {
    const texts = new Set(values.map((value) => form(value, decimals)));
    if (texts.size === wanted && evenlySpaced([...texts])) return decimals;
  }
  return 10;
}

/** Rounded ticks such as 0, 1, 1, 2 or 0, 3, 5, 8 look uneven: their numbers must differ by the same step. */
function evenlySpaced(texts: readonly string[]): boolean {
  const units = new Set(texts.map((text) => text.replace(/^[-\d.]+/, "")));
  if (units.size > 1 || texts.length < 3) return true;
  const numbers = texts.map((text) => Number.parseFloat(text));
  const step = numbers[1]! - numbers[0]!;
  return numbers.every(
    (n, i) => i === 0 || Math.abs(n - numbers[i - 1]! - step) < 1e-9 * Math.abs(n) + 1e-9,
  );
}
