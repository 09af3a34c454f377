// A dashboard while it is open: its JSON, variables, annotations and what is being done to it.
// Made by the page, read by everything below it through `useSession`.
// INV: the address holds what the reader chose; this holds what was loaded or is being edited.

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { prefix, route, setParams } from "../app/route";
import { rawRange, refresh, timeRange } from "../app/time";
import type { ChartMark } from "../charts/model";
import { type Scope, scopes } from "../panels/interpolate";
import { type LinkContext } from "../panels/links";
import { macroScope } from "../panels/macros";
import type { Dashboard, Panel, Variable } from "../panels/model";
import { VariableStore } from "../panels/variable_store";
import type { Meta } from "./api";
import type { Draft } from "./drafts";
import { allPanels } from "./layout";

export class Session {
  readonly dashboard: Signal<Dashboard>;
  readonly meta: Signal<Meta>;
  readonly variables: Signal<VariableStore>;
  readonly marks = signal<readonly ChartMark[]>([]);
  /** Counts what was annotated or deleted here, so that the marks are asked for anew. */
  readonly annotated = signal(0);
  readonly isEditing = computed(() => route.value.params.has("edit"));
  /** Changes of an earlier visit that nobody saved. */
  readonly draft = signal<Draft | undefined>(undefined);
  /** The panel under the mouse or with the focus: what keys act on. */
  readonly pointed = signal<string | undefined>(undefined);
  /** The JSON as it was loaded or saved last. */
  readonly saved: Signal<string>;
  readonly isChanged: ReadonlySignal<boolean>;

  constructor(dashboard: Dashboard, meta: Meta) {
    this.dashboard = signal(dashboard);
    this.meta = signal(meta);
    this.saved = signal(JSON.stringify(dashboard));
    this.isChanged = computed(() => JSON.stringify(this.dashboard.value) !== this.saved.value);
    this.variables = signal(storeOf(dashboard.templating?.list ?? []));
  }

  /** Takes changes of the JSON; variables start anew when they are among them. */
  change(patch: (dashboard: Dashboard) => Dashboard): void {
    const before = this.dashboard.peek();
    const after = patch(before);
    this.dashboard.value = after;
    if (JSON.stringify(before.templating) === JSON.stringify(after.templating)) return;
    this.variables.peek().stop();
    this.variables.value = storeOf(after.templating?.list ?? []);
  }

  stop(): void {
    this.variables.peek().stop();
  }

  panelById(id: number): Panel | undefined {
    return allPanels(this.dashboard.value.panels).find((panel) => panel.id === id);
  }

  /** Chooses values of a variable: into the address, so that the back button undoes it. */
  choose(name: string, values: readonly string[]): void {
    this.variables.peek().touch(name);
    refresh();
    setParams({ [`var-${name}`]: values.length > 0 ? values : [""] });
  }

  /** What names stand for in titles, texts and links, with those of a repeat first. */
  scope(own?: Scope): Scope {
    // Only who asks for the time is drawn anew when it moves.
    const builtin: Scope = (name, path) => {
      if (!name.startsWith("__") && name !== "timezone") return undefined;
      const { uid, title } = this.dashboard.value;
      return macroScope({ ...timeRange.value, dashboard: { uid, title } })(name, path);
    };
    return scopes(own, this.variables.value.scope, builtin);
  }

  /** What links need to know of the page. */
  linkContext(own?: Scope): LinkContext {
    const range = rawRange.value;
    const vars = [...route.value.params].filter(([name]) => name.startsWith("var-"));
    return {
      scope: this.scope(own),
      prefix,
      timeParams: `from=${encodeURIComponent(range.from)}&to=${encodeURIComponent(range.to)}`,
      varParams: new URLSearchParams(vars).toString(),
    };
  }
}

function storeOf(list: readonly Variable[]): VariableStore {
  const asked = new Map(
    list.map(({ name }) => [
      name,
      computed(() => JSON.stringify(route.value.params.getAll(`var-${name}`))),
    ]),
  );
  return new VariableStore(list, {
    range: timeRange,
    asked: (name) => {
      const values = JSON.parse(asked.get(name)?.value ?? "[]") as string[];
      return values.length > 0 ? values : undefined;
    },
  });
}

const SessionContext = createContext<Session | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

/** The dashboard around this component. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("a panel stands outside of a dashboard");
  return session;
}
