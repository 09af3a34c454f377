// What to look at first: causes rather than what suffers from them, the costliest first.
// Pure: from the answer of the server to lists.

import type { Band, Deduction, Health, HealthComponent } from "../../api/health";
import type { Tone } from "../../components/state";

/** Something that is wrong by itself. */
export interface Cause {
  readonly component: HealthComponent | undefined;
  readonly deduction: Deduction;
  /** Names of the components that suffer from it. */
  readonly suffering: readonly string[];
}

const WEIGHTS = { critical: 4, normal: 2, minor: 1 } as const;

/** Causes, those first that cost the components that are needed most; the oldest of equals. */
export function causes(health: Health): Cause[] {
  const found: (Cause & { readonly weight: number })[] = [];
  const isCause = (one: Deduction) => one.kind !== "dependency";
  for (const component of health.components) {
    const suffering = dependents(health.components, component.name);
    for (const deduction of component.deductions.filter(isCause)) {
      // What is known to be wrong comes before what is not known.
      const certainty = deduction.kind === "unknown" ? 0.5 : 1;
      const weight = deduction.points * WEIGHTS[component.criticality] * certainty;
      found.push({ component, deduction, suffering, weight });
    }
  }
  for (const deduction of health.deductions.filter(isCause)) {
    found.push({ component: undefined, deduction, suffering: [], weight: deduction.points * 4 });
  }
  // A limit and what it limits are one thing to look at.
  const told = new Set<string>();
  const first = found
    .sort((a, b) => b.weight - a.weight || a.deduction.since.localeCompare(b.deduction.since))
    .filter(({ component, deduction }) => {
      const key = `${component?.name ?? ""}\n${group(deduction.kind)}\n${deduction.subject}`;
      if (told.has(key)) return false;
      told.add(key);
      return true;
    });
  return first.map(({ component, deduction, suffering }) => ({ component, deduction, suffering }));
}

function group(kind: string): string {
  return kind === "vital" ? "down" : kind;
}

/** Components that need one, directly or not, in the order of the answer. */
export function dependents(components: readonly HealthComponent[], name: string): string[] {
  const found = new Set<string>([name]);
  // Dependencies come first in the answer, so one walk finds them all.
  for (const component of components) {
    if (component.depends_on.some((need) => found.has(need))) found.add(component.name);
  }
  found.delete(name);
  return components.filter((one) => found.has(one.name)).map((one) => one.title);
}

/** Components as people look for them: the worst first, what is needed most before the rest. */
export function worstFirst(components: readonly HealthComponent[]): HealthComponent[] {
  const rank = (one: HealthComponent) => one.score ?? 89.5;
  return [...components].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      WEIGHTS[b.criticality] - WEIGHTS[a.criticality] ||
      a.title.localeCompare(b.title),
  );
}

const TONES: Readonly<Record<Band, Tone>> = {
  healthy: "good",
  degraded: "warn",
  impaired: "warn",
  critical: "bad",
  unknown: "none",
};

/** Shape and colour of a word. */
export function toneOf(band: Band): Tone {
  return TONES[band];
}

/** A text with commands between backticks as pieces; every second one is a command. */
export function pieces(text: string): string[] {
  const parts = text.split("`");
  // A backtick without another is a letter like any.
  return parts.length % 2 === 1 ? parts : [text];
}

/** Is a remedy an address rather than a sentence? */
export function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text);
}
