// The editor of a panel: a live preview, its queries below, its options beside.
// Changes go into the session's JSON at once; they are kept by saving the dashboard.

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { param, setParams } from "../../app/route";
import { Button } from "../../components/button";
import { Empty } from "../../components/state";
import { Tabs } from "../../components/tabs";
import type { Panel } from "../../panels/model";
import type { Placed } from "../layout";
import { PanelFrame } from "../panel_frame";
import { useSession } from "../session";
import { VariablesBar } from "../variables_bar";
import { changePanel } from "./change";
import { JsonField } from "./json_field";
import { Options } from "./options";
import { Queries } from "./queries";
import { Transformations } from "./transformations";
import "./editor.css";

export function PanelEditor({ id }: { id: number }): JSX.Element {
  const session = useSession();
  const panel = session.panelById(id);
  const [before] = useState(session.dashboard.peek());
  const tab = param("tab") || "queries";
  const setTab = (id: string): void => setParams({ tab: id }, { replace: true });
  const placed = useMemo(
    (): Placed | undefined =>
      panel && { key: `edit-${id}`, panel, pos: panel.gridPos, fixed: {}, repeat: 0 },
    [panel],
  );
  const close = (): void => setParams({ editPanel: null, tab: null });
  if (!panel || !placed)
    return (
      <Empty title={`There is no panel ${id}`}>
        <Button onClick={close}>Back to the dashboard</Button>
      </Empty>
    );
  const change = (next: (panel: Panel) => Panel): void =>
    session.change((dashboard) => changePanel(dashboard, id, next));
  const discard = (): void => {
    session.change(() => before);
    close();
  };
  const tabs = [
    { id: "queries", label: "Queries", count: panel.targets?.length ?? 0 },
    { id: "transformations", label: "Transformations", count: panel.transformations?.length ?? 0 },
    { id: "json", label: "Panel JSON" },
  ];
  return (
    <article class="editor" aria-label={`Edit ${panel.title ?? "panel"}`}>
      <div class="editor-main">
        <div class="line">
          <h1 class="clip">
            {session.dashboard.value.title} / {panel.title || "Panel"}
          </h1>
          <span class="grow" />
          <Button onClick={discard}>Discard</Button>
          <Button look="primary" onClick={close}>
            Back to dashboard
          </Button>
        </div>
        <VariablesBar />
        <div class="editor-preview">
          <PanelFrame placed={placed} alone />
        </div>
        <div class="editor-below">
          <Tabs tabs={tabs} active={tab} onChange={setTab} label="Panel">
            {tab === "queries" ? (
              <Queries panel={panel} change={change} />
            ) : tab === "transformations" ? (
              <Transformations panel={panel} change={change} />
            ) : (
              <JsonField
                label="Panel JSON"
                rows={16}
                value={panel}
                onChange={(value: Panel) => change(() => ({ ...value, id }))}
              />
            )}
          </Tabs>
        </div>
      </div>
      <div class="editor-side" tabIndex={0}>
        <Options panel={panel} change={change} />
      </div>
    </article>
  );
}
