// The versions of a dashboard: who remembers what, what differs from now, and back to one of them.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useLoad } from "../../app/load";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Empty, Loading, Problem } from "../../components/state";
import { toast, toastError } from "../../components/toast";
import { formatDate } from "../../format/dates";
import { listVersions, loadDashboard, restoreVersion } from "../api";
import type { Session } from "../session";
import { Differences } from "./differences";
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
        <div class="versions">
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
        </div>
      )}
      {shown !== undefined && (
        <section class="stack">
          <h3>
            What changed from version {shown}{" "}
            {session.isChanged.value ? "to what is not saved yet" : "to now"}
          </h3>
          <Differences uid={uid} version={shown} dashboard={session.dashboard.value} />
        </section>
      )}
    </Dialog>
  );
}
