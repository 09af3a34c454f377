// The variables of a dashboard while it is open: asks for options in the order of their dependencies,
// takes choices from the address, and answers what a name stands for. A panel waits for those it uses only.
// INV: a newer request of a variable aborts the older; `stop` ends all of them.

import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { isAbort } from "../api/client";
import { labelNames, labelValues, queryInstant, series } from "../api/prometheus";
import { asError } from "../app/load";
import { type Filter, filtersOf, matcherOf } from "./adhoc";
import { interpolate, references, type Scope, type Value } from "./interpolate";
import type { Variable, VariableOption } from "./model";
import { seriesText } from "./names";
import type { QueryAnswer } from "./prometheus_frames";
import {
  ALL,
  AUTO,
  autoInterval,
  chosen,
  customOptions,
  intervalOptions,
  optionsOf,
  parseQuery,
  queryText,
  type VariableQuery,
} from "./variable_options";

export interface VariableState {
  options: VariableOption[];
  status: "waiting" | "loading" | "ready" | "failed";
  error?: Error | undefined;
}

export interface StoreEnvironment {
  range: ReadonlySignal<{ fromMs: number; toMs: number }>;
  /** What the address says of a variable. */
  asked: (name: string) => readonly string[] | undefined;
}

interface Entry {
  variable: Variable;
  state: Signal<VariableState>;
  /** Chosen values as JSON, so that equal choices are equal. */
  values: ReadonlySignal<string>;
  needs: string[];
}

const VALUES_MAX = 10_000;

export class VariableStore {
  readonly #entries = new Map<string, Entry>();
  readonly #stops: (() => void)[] = [];
  /** Variables whose parents were changed by hand: their old choice must exist to stay. */
  readonly #strict = signal<ReadonlySet<string>>(new Set());
  readonly #turn = signal(0);
  readonly #env: StoreEnvironment;

  constructor(list: readonly Variable[], env: StoreEnvironment) {
    this.#env = env;
    for (const variable of list) this.#entries.set(variable.name, this.#entry(variable, list));
    for (const entry of this.#entries.values()) this.#stops.push(effect(() => this.#load(entry)));
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  /** Asks for all options again. */
  reload(): void {
    this.#turn.value++;
  }

  get variables(): Variable[] {
    return [...this.#entries.values()].map((entry) => entry.variable);
  }

  state(name: string): VariableState {
    return this.#entries.get(name)?.state.value ?? { options: [], status: "ready" };
  }

  values(name: string): string[] {
    const entry = this.#entries.get(name);
    return entry ? (JSON.parse(entry.values.value) as string[]) : [];
  }

  /** What the address says of a variable. */
  asked(name: string): readonly string[] | undefined {
    return this.#env.asked(name);
  }

  /** What ad hoc filters add to every query; those that queries name themselves are left to them. */
  filters(): Filter[] {
    return this.variables
      .filter((variable) => variable.type === "adhoc" && variable.applyMode !== "manual")
      .flatMap((variable) => this.filtersOf(variable));
  }

  /** The filters of one variable: those it always has first. */
  filtersOf(variable: Variable): Filter[] {
    const asked = this.#env.asked(variable.name);
    return [...(variable.baseFilters ?? []), ...filtersOf(variable, asked)];
  }

  /** Whether some of these names are not known yet. */
  isPending(names: Iterable<string>): boolean {
    return [...names].some((name) => {
      const entry = this.#entries.get(name);
      return (
        entry !== undefined &&
        ["waiting", "loading"].includes(entry.state.value.status) &&
        entry.state.value.options.length === 0
      );
    });
  }

  /** Names that depend on a variable; their choices must exist from now on. */
  touch(name: string): void {
    const below = new Set(this.#strict.peek());
    const add = (parent: string): void => {
      for (const entry of this.#entries.values()) {
        if (!entry.needs.includes(parent) || below.has(entry.variable.name)) continue;
        below.add(entry.variable.name);
        add(entry.variable.name);
      }
    };
    add(name);
    this.#strict.value = below;
  }

  /** What the variables' names stand for; reading subscribes to those that are asked for. */
  readonly scope: Scope = (name) => {
    const entry = this.#entries.get(name);
    return entry && this.#value(entry);
  };

  #value({ variable, state, values }: Entry): Value {
    if (variable.type === "adhoc") {
      const text = this.filtersOf(variable).map(matcherOf).join(",");
      return { value: text, verbatim: true };
    }
    const picked = JSON.parse(values.value) as string[];
    const { options } = state.value;
    const several = variable.multi === true || variable.includeAll === true;
    if (variable.type === "interval" && picked[0] === AUTO) {
      return { value: autoInterval(variable, this.#rangeMs()), text: "auto" };
    }
    if (picked.includes(ALL)) {
      if (variable.allValue)
        return { value: variable.allValue, text: "All", multi: several, verbatim: true };
      return { value: options.map((option) => option.value), text: "All", multi: several };
    }
    const texts = picked.map(
      (value) => options.find((option) => option.value === value)?.text ?? value,
    );
    return several
      ? { value: picked, text: texts, multi: true }
      : { value: picked[0] ?? "", text: texts[0] ?? "" };
  }

  #rangeMs(): number {
    const { fromMs, toMs } = this.#env.range.value;
    return toMs - fromMs;
  }

  #entry(variable: Variable, list: readonly Variable[]): Entry {
    const names = new Set(list.map((one) => one.name));
    const needs = [
      ...references([queryText(variable), variable.regex ?? "", variable.allValue ?? ""].join(" ")),
    ].filter((name) => names.has(name) && name !== variable.name);
    const state = signal<VariableState>({ options: [], status: "waiting" });
    const values = computed(() => {
      const { options, status } = state.value;
      const strict = this.#strict.value.has(variable.name) && status === "ready";
      const asked = this.#env.asked(variable.name);
      const exists = (value: string): boolean =>
        value === ALL || options.some((one) => one.value === value || one.text === value);
      return JSON.stringify(
        chosen(variable, options, strict && asked && !asked.some(exists) ? undefined : asked),
      );
    });
    return { variable, state, values, needs };
  }

  #load(entry: Entry): (() => void) | undefined {
    const { variable, state } = entry;
    void this.#turn.value;
    if (variable.type !== "query") {
      state.value = { options: this.#fixed(variable), status: "ready" };
      return undefined;
    }
    if (entry.needs.some((name) => ["waiting", "loading"].includes(this.state(name).status)))
      return undefined;
    const query = interpolate(queryText(variable), this.scope, "promql");
    const regex = interpolate(variable.regex ?? "", this.scope, "text");
    const range = variable.refresh === 2 ? this.#env.range.value : this.#env.range.peek();
    const abort = new AbortController();
    state.value = { ...state.peek(), status: "loading" };
    fetchValues(parseQuery(query), range, abort.signal).then(
      (found) => {
        state.value = { options: optionsOf(found, { ...variable, regex }), status: "ready" };
      },
      (error: unknown) => {
        if (!isAbort(error))
          state.value = { options: state.peek().options, status: "failed", error: asError(error) };
      },
    );
    return () => abort.abort();
  }

  #fixed(variable: Variable): VariableOption[] {
    switch (variable.type) {
      case "custom":
        return customOptions(variable);
      case "interval":
        return intervalOptions(variable, this.#rangeMs());
      case "datasource":
        return [{ text: "Flyball", value: "flyball" }];
      case "switch":
        return variable.options?.length ? variable.options : SWITCHED;
      case "constant":
      case "textbox": {
        const text = queryText(variable) || [variable.current?.value ?? ""].flat()[0] || "";
        return [{ text, value: text }];
      }
      default:
        return variable.options ?? [];
    }
  }
}

/** What a switch stands for where its values are not told. */
const SWITCHED: VariableOption[] = ["true", "false"].map((value) => ({ text: value, value }));

async function fetchValues(
  query: VariableQuery,
  range: { fromMs: number; toMs: number },
  abort: AbortSignal,
): Promise<string[]> {
  const within = { start: range.fromMs / 1000, end: range.toMs / 1000, limit: VALUES_MAX };
  const narrowed = (match: string | undefined) => (match ? { ...within, match: [match] } : within);
  const options = { signal: abort };
  switch (query.kind) {
    case "label_values":
      return labelValues(query.label, narrowed(query.match), options);
    case "label_names":
      return labelNames(narrowed(query.match), options);
    case "metrics": {
      const pattern = new RegExp(query.pattern || ".*");
      return (await labelValues("__name__", within, options)).filter((name) => pattern.test(name));
    }
    case "series":
      return query.match ? (await series(narrowed(query.match), options)).map(seriesText) : [];
    case "query_result": {
      const answer = await queryInstant(query.expr, range.toMs / 1000, options);
      return resultTexts(answer.data as unknown as QueryAnswer);
    }
  }
}

/** `metric{labels} value timestamp`, on which regular expressions of such variables are written. */
function resultTexts({ resultType, result }: QueryAnswer): string[] {
  if (resultType === "scalar" || resultType === "string")
    return [String((result as [number, string])[1])];
  return (result as { metric: Record<string, string>; value?: [number, string] }[]).map(
    ({ metric, value }) => {
      const labels = Object.entries(metric)
        .filter(([name]) => name !== "__name__")
        .map(([name, text]) => `${name}="${text}"`);
      return `${metric.__name__ ?? ""}{${labels.join(",")}} ${value?.[1] ?? ""} ${Math.round((value?.[0] ?? 0) * 1000)}`;
    },
  );
}
