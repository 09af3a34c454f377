// The versions of a dashboard: who remembers what, what differs from now, and back to one of them.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useLoad } from "../../app/load";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Empty, Loading, Problem } from "../../components/state";
import { toast, toastError } from "../../components/toast";
import { formatDate } from "../../format/dates";
import { listVersions, loadDashboard, loadVersion, restoreVersion } from "../api";
import type { Session } from "../session";
import { type DiffLine, diffLines } from "./change";
import "./editor.css";

export function Versions({
  session,
  onClose,
}: {
  session: Session;
  onClose: () => void;
}): JSX.Element {
  const { uid, version: current } = session.meta.value;
  const { data, error, reload } = useLoad((signal) => listVersions(uid, { signal }), [uid]);
  const [shown, setShown] = useState<number>();
  const restore = async (version: number): Promise<void> => {
    try {
      await restoreVersion(uid, version);
      const stored = await loadDashboard(uid);
      session.change(() => stored.dashboard);
      session.saved.value = JSON.stringify(stored.dashboard);
      session.meta.value = stored.meta;
      toast(`Version ${version} is back`);
      reload();
    } catch (thrown) {
      toastError(thrown);
    }
  };
  return (
    <Dialog title="Versions" size="large" onClose={onClose}>
      {error && <Problem error={error} onRetry={reload} />}
      {!data && !error && <Loading what="Versions" />}
      {data?.length === 0 && <Empty title="No versions yet">Each save makes one.</Empty>}
      {data && data.length > 0 && (
        <table class="data-table">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Saved</th>
              <th scope="col">What changed</th>
              <th scope="col">
                <span class="only-heard">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((one) => (
              <tr key={one.version}>
                <td>
                  {one.version}
                  {one.version === current ? " (now)" : ""}
                </td>
                <td>{formatDate(Date.parse(one.updated), "YYYY-MM-DD HH:mm:ss", "browser")}</td>
                <td>{one.message}</td>
                <td class="line">
                  <Button onClick={() => setShown(one.version)}>Compare</Button>
                  {one.version !== current && (
                    <Button onClick={() => void restore(one.version)}>Restore</Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {shown !== undefined && <Compared session={session} version={shown} />}
    </Dialog>
  );
}

function Compared({ session, version }: { session: Session; version: number }): JSX.Element {
  const { data, error } = useLoad(
    (signal) => loadVersion(session.meta.value.uid, version, { signal }),
    [version],
  );
  if (error) return <Problem error={error} />;
  if (!data) return <Loading what="Version" />;
  const lines = diffLines(
    JSON.stringify(data.dashboard, null, 2),
    JSON.stringify(session.dashboard.value, null, 2),
  );
  return (
    <section class="stack">
      <h3>From version {version} to now</h3>
      {lines.length === 0 ? <p class="muted">Nothing differs.</p> : <Diff lines={lines} />}
    </section>
  );
}

const SIGNS = { same: " ", added: "+", removed: "-" };

export function Diff({ lines }: { lines: readonly DiffLine[] }): JSX.Element {
  return (
    <div class="diff" tabIndex={0} role="region" aria-label="Differences">
      {lines.map((line, i) => (
        <div key={i} class={`diff-${line.kind}`}>
          {SIGNS[line.kind]} {line.text}
        </div>
      ))}
    </div>
  );
}
