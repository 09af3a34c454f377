// What a panel says of its data: loading, problems, what was left out; time taken and size on demand.

import type { JSX } from "preact";
import { Icon } from "../components/icon";
import type { Panel } from "../panels/model";
import { needsData } from "../panels/views";
import type { PanelState } from "./use_panel";

export function PanelStatus({
  panel,
  state,
}: {
  panel: Panel;
  state: PanelState;
}): JSX.Element | null {
  const { data } = state;
  if (!needsData(panel.type)) return null;
  const remarks = remarksOf(state);
  const failed = (data?.problems.length ?? 0) > 0 || state.error !== undefined;
  return (
    <span class="panel-status">
      {state.loading && (
        <span class="spinner" role="status">
          <span class="only-heard">Loading</span>
        </span>
      )}
      {data && (
        <small class="panel-took muted">
          {Math.round(data.tookMs)} ms · {data.series} series · {data.points} points
        </small>
      )}
      {remarks.length > 0 && (
        <details class={failed ? "panel-remarks panel-failed" : "panel-remarks"}>
          <summary title={remarks.join("\n")}>
            <Icon name="warning" size={13} />
            <span class="only-heard">{failed ? "Some queries failed" : "Remarks"}</span>
          </summary>
          <ul>
            {remarks.map((remark, i) => (
              <li key={i}>{remark}</li>
            ))}
          </ul>
        </details>
      )}
    </span>
  );
}

/** Everything there is to say, worst first. */
export function remarksOf(state: PanelState): string[] {
  const { data, error, unknown } = state;
  return [
    ...(error ? [error.message] : []),
    ...(data?.problems ?? []).map((problem) => `Query ${problem.refId}: ${problem.message}`),
    ...unknown.map((id) => `The transformation ${id} is not known here and was left out`),
    ...(data?.notices ?? []),
  ];
}
