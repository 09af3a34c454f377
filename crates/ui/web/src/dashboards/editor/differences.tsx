// What is different in a dashboard from one of its versions, panel by panel, as the server tells.

import type { JSX } from "preact";
import { useLoad } from "../../app/load";
import { Loading, Problem } from "../../components/state";
import type { Dashboard } from "../../panels/model";
import { compareWith, type Difference } from "../api";
import "./editor.css";

export interface DifferencesProps {
  readonly uid: string;
  /** The version it is compared with. */
  readonly version: number;
  /** The dashboard as it is now, saved or not. */
  readonly dashboard: Dashboard;
}

export function Differences({ uid, version, dashboard }: DifferencesProps): JSX.Element {
  const { data, error, reload } = useLoad(
    (signal) => compareWith(uid, version, dashboard, { signal }),
    [uid, version, dashboard],
  );
  if (error) return <Problem isSlim error={error} onRetry={reload} />;
  if (!data) return <Loading what="what is different" />;
  if (data.length === 0) return <p class="muted">Nothing is different.</p>;
  return (
    <dl class="differences" tabIndex={0} role="region" aria-label="Differences">
      {data.map((one, at) => (
        <OneDifference key={at} one={one} />
      ))}
    </dl>
  );
}

function OneDifference({ one }: { readonly one: Difference }): JSX.Element {
  return (
    <>
      <dt>{one.place}</dt>
      <dd>
        {one.old != null && (
          <del>
            <span aria-hidden="true">- </span>
            {one.old}
          </del>
        )}
        {one.new != null && (
          <ins>
            <span aria-hidden="true">+ </span>
            {one.new}
          </ins>
        )}
      </dd>
    </>
  );
}
