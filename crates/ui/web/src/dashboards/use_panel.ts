// The data of a panel: planned from JSON, variables and range; asked for when it can be seen.
// A changed plan aborts the older questions; the last answer stays until the next one is there.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { isAbort } from "../api/client";
import { asError } from "../app/load";
import { refreshes, timeRange } from "../app/time";
import { references, scopes, type Value } from "../panels/interpolate";
import type { Frame } from "../panels/frame";
import { fixedScope } from "../panels/macros";
import type { Panel } from "../panels/model";
import { configured } from "../panels/overrides";
import { type Plan, panelTexts, planOf } from "../panels/plan";
import { type PanelData, runPlan } from "../panels/query";
import type { Transformed } from "../panels/transform";
import { needsData } from "../panels/views";
import { scrapeMs } from "./scrape";
import type { Session } from "./session";
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
  const isReady = isVisible && !waiting && widthPx > 0;
  const plan = isReady ? planFor(use) : undefined;
  const answer = useAnswer(plan, refreshes.value);
  const transform = useTransformer(panel.transformations);
  const made = useMemo(() => {
    const { frames, unknown } =
      transform?.(answer.data?.frames ?? [], panel.transformations) ?? NONE;
    return { frames: configured(frames, panel.fieldConfig), unknown };
  }, [answer.data, transform, panel.transformations, panel.fieldConfig]);
  return { ...answer, ...made, waiting };
}

/** Variables that this panel names and that nothing is known of yet; those of a repeat are settled. */
function isWaiting({ session, panel, fixed }: PanelUse): boolean {
  const names = new Set(panelTexts(panel).flatMap((text) => [...references(text)]));
  return session.variables.value.isPending(
    [...names].filter((name) => !Object.hasOwn(fixed, name)),
  );
}

function planFor({ session, panel, fixed, widthPx }: PanelUse): Plan {
  const scope = scopes(fixedScope(fixed), session.variables.value.scope);
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
    panelById: (id) => session.panelById(id),
  });
}

interface Answer {
  data: PanelData | undefined;
  error: Error | undefined;
  loading: boolean;
}

function useAnswer(plan: Plan | undefined, turn: number): Answer {
  const [answer, setAnswer] = useState<Answer>({
    data: undefined,
    error: undefined,
    loading: true,
  });
  const key = plan && JSON.stringify(plan);
  const latest = useRef(plan);
  latest.current = plan;
  useEffect(() => {
    const now = latest.current;
    if (!now) return;
    const abort = new AbortController();
    setAnswer((old) => (old.loading ? old : { ...old, loading: true }));
    runPlan(now, abort.signal).then(
      (data) => !abort.signal.aborted && setAnswer({ data, error: undefined, loading: false }),
      (thrown: unknown) => {
        if (!abort.signal.aborted && !isAbort(thrown))
          setAnswer((old) => ({ ...old, error: asError(thrown), loading: false }));
      },
    );
    return () => abort.abort();
  }, [key, turn]);
  return answer;
}
