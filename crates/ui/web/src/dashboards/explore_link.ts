// The queries of a panel for Explore, with the variables of the moment filled in.

import { rawRange, timeRange } from "../app/time";
import { scopes, type Scope } from "../panels/interpolate";
import type { Panel } from "../panels/model";
import { planOf } from "../panels/plan";
import type { Session } from "./session";

const WIDTH_PX = 1000;

/** Parameters of `/explore`. */
export function exploreParams(session: Session, panel: Panel, own: Scope): Record<string, string> {
  const { uid, title } = session.dashboard.peek();
  const scope = scopes(own, session.variables.peek().scope);
  const { queries } = planOf({
    panel,
    scope,
    ...timeRange.peek(),
    widthPx: WIDTH_PX,
    dashboard: { uid, title },
  });
  const { from, to } = rawRange.peek();
  return { ...Object.fromEntries(queries.map((query, i) => [`g${i}.expr`, query.expr])), from, to };
}
