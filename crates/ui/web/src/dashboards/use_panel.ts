// The data of a panel: planned from JSON, variables and range; asked for when it can be seen.
// A changed question aborts the older one; the last answer stays until the next one is there.

import { effect, untracked } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, isAbort } from "../api/client";
import { asError } from "../app/load";
import { rawRange, refreshes, timeRange } from "../app/time";
import { references, type Scope, scopes, type Value } from "../panels/interpolate";
import type { Frame } from "../panels/frame";
import { fixedScope } from "../panels/macros";
import type { Panel } from "../panels/model";
import { configured } from "../panels/overrides";
import { type Plan, panelTexts, planOf, roundWidth } from "../panels/plan";
import { type Memory, type PanelData, runPlan } from "../panels/query";
import type { Transformed } from "../panels/transform";
import { needsData } from "../panels/views";
import { scrapeMs } from "./scrape";
import type { Session } from "./session";
import { type Show, together } from "./together";
import { useTransformer } from "./transformer";

export interface PanelState {
  data: PanelData | undefined;
  frames: Frame[];
  unknown: string[];
  error: Error | undefined;
  loading: boolean;
  /** Waits for variables. */
  waiting: boolean;
}

export interface PanelUse {
  session: Session;
  panel: Panel;
  /** Variables with one value in this repeat. */
  fixed: Record<string, Value>;
  widthPx: number;
  isVisible: boolean;
}

const EMPTY_PLAN: Plan = { queries: [], fromMs: 0, toMs: 1, notices: [], timeInfo: "" };

const NONE: Transformed = { frames: [], unknown: [] };

/** Plans, asks, transforms, configures. */
export function usePanel(use: PanelUse): PanelState {
  const { panel, widthPx, isVisible } = use;
  const waiting = isWaiting(use);
  const answer = useAnswer(use, isVisible && !waiting && widthPx > 0);
  const transform = useTransformer(panel.transformations);
  const { scope } = use.session.variables.value;
  const made = useMemo(() => {
    const names = scopeOf(use);
    const { frames, unknown } =
      transform?.(answer.data?.frames ?? [], panel.transformations, names) ?? NONE;
    return { frames: configured(frames, panel.fieldConfig, names), unknown };
  }, [answer.data, transform, panel.transformations, panel.fieldConfig, scope]);
  return { ...answer, ...made, waiting };
}

/** Variables that this panel names and that nothing is known of yet; those of a repeat are settled. */
function isWaiting({ session, panel, fixed }: PanelUse): boolean {
  const names = new Set(panelTexts(panel).flatMap((text) => [...references(text)]));
  return session.variables.value.isPending(
    [...names].filter((name) => !Object.hasOwn(fixed, name)),
  );
}

function scopeOf({ session, fixed }: PanelUse): Scope {
  return scopes(fixedScope(fixed), session.variables.value.scope);
}

function planFor(use: PanelUse): Plan {
  const { session, panel, widthPx } = use;
  const scope = scopeOf(use);
  const { uid, title } = session.dashboard.value;
  const range = timeRange.value;
  if (!needsData(panel.type)) return { ...EMPTY_PLAN, ...range };
  return planOf({
    panel,
    scope,
    ...range,
    widthPx,
    dashboard: { uid, title },
    scrapeMs: scrapeMs.value,
    filters: session.variables.value.filters(),
    panelById: (id) => session.panelById(id),
  });
}

interface Answer {
  data: PanelData | undefined;
  error: Error | undefined;
  loading: boolean;
}

/** Asks whenever the plan changes or a refresh is due, without drawing the panel for it. */
function useAnswer(use: PanelUse, isReady: boolean): Answer {
  const [answer, setAnswer] = useState<Answer>({
    data: undefined,
    error: undefined,
    loading: true,
  });
  const latest = useRef(use);
  latest.current = use;
  const asker = useMemo(() => new Asker(setAnswer), []);
  const { session, panel, fixed, widthPx } = use;
  useEffect(() => {
    if (!isReady) return undefined;
    const stop = effect(() => {
      const plan = planFor(latest.current);
      const { from, to } = rawRange.value;
      const turn = refreshes.value;
      untracked(() => asker.ask(plan, `${from} ${to} ${shapeOf(plan)}`, turn));
    });
    return () => {
      stop();
      asker.stop();
    };
  }, [asker, isReady, session, panel, JSON.stringify(fixed), roundWidth(widthPx)]);
  return answer;
}

/** What a plan asks, whenever it asks it. */
function shapeOf(plan: Plan): string {
  return JSON.stringify(plan.queries.map(({ expr, stepMs, kind }) => [expr, stepMs, kind]));
}

/** A refresh that is answered sooner than this does not show that it loads. */
const QUICK_MS = 400;

/** Between attempts while the server does not answer. */
const RETRY_MS = 2000;

function isOffline(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.isOffline;
}

/** The questions of one panel: one at a time, the newest wins. */
class Asker {
  readonly #set: (change: (old: Answer) => Answer) => void;
  readonly #memory: Memory = new Map();
  #abort: AbortController | undefined;
  #asked = "";
  #shape = "";
  #next: Plan | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(set: (change: (old: Answer) => Answer) => void) {
    this.#set = set;
  }

  ask(plan: Plan, shape: string, turn: number): void {
    const asked = `${turn} ${JSON.stringify(plan)}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    // A refresh waits for the answer before it: a slow server would never be heard otherwise.
    if (this.#abort && shape === this.#shape) this.#next = plan;
    else this.#run(plan, shape);
  }

  /** Gives up what is under way; it is asked again when it is wanted again. */
  stop(): void {
    clearTimeout(this.#retry);
    if (this.#abort) this.#asked = "";
    this.#abort?.abort();
    this.#abort = undefined;
    this.#next = undefined;
  }

  #run(plan: Plan, shape: string): void {
    clearTimeout(this.#retry);
    this.#abort?.abort();
    const isRefresh = shape === this.#shape;
    const abort = new AbortController();
    this.#abort = abort;
    this.#shape = shape;
    this.#next = undefined;
    const tell = (): void => this.#set((old) => (old.loading ? old : { ...old, loading: true }));
    const timer = isRefresh ? setTimeout(tell, QUICK_MS) : void tell();
    const done = isRefresh ? together.expect() : (show?: Show) => show?.();
    const end = (change: (old: Answer) => Answer): void => {
      clearTimeout(timer);
      this.#abort = undefined;
      done(() => this.#set(change));
      if (this.#next) this.#run(this.#next, shape);
    };
    abort.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
    runPlan(plan, abort.signal, this.#memory).then(
      (data) => abort.signal.aborted || end(() => ({ data, error: undefined, loading: false })),
      (thrown: unknown) => {
        if (abort.signal.aborted || isAbort(thrown)) return;
        end((old) => ({ ...old, error: asError(thrown), loading: false }));
        const again = (): void => this.#run(plan, shape);
        if (isOffline(thrown) && !this.#abort) this.#retry = setTimeout(again, RETRY_MS);
      },
    );
  }
}
