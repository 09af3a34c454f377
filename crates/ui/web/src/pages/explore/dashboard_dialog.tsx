// Puts a question on a dashboard: an existing one, or a new one.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { getJson, sendJson } from "../../api/client";
import { asError, useLoad } from "../../app/load";
import { href, navigate } from "../../app/route";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Field, Input, Select } from "../../components/field";
import { Loading, Problem } from "../../components/state";
import type { Question } from "./state";
import { guessUnit } from "./unit";

interface Listed {
  readonly uid: string;
  readonly title: string;
  readonly provisioned?: boolean;
  readonly builtin?: boolean;
}

type Panel = Readonly<Record<string, unknown>>;

interface Dashboard {
  readonly panels?: readonly Panel[];
  readonly [member: string]: unknown;
}

interface Kept {
  readonly dashboard: Dashboard;
  readonly meta: { readonly version: number };
}

const DASHBOARDS = "api/flyball/v1/dashboards";

export interface DashboardDialogProps {
  readonly question: Question;
  readonly onClose: () => void;
}

export function DashboardDialog({ question, onClose }: DashboardDialogProps): JSX.Element {
  const [uid, setUid] = useState("");
  const [title, setTitle] = useState(question.expr.slice(0, 80));
  const [fresh, setFresh] = useState("From Explore");
  const [failure, setFailure] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const { data, error, reload } = useLoad(
    async (signal) =>
      (await getJson<{ dashboards: Listed[] }>(DASHBOARDS, {}, { signal })).dashboards,
    [],
  );
  const add = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const kept = uid || (await create(fresh));
      await append(kept, panelOf(question, title));
      onClose();
      navigate(`/d/${kept}`);
    } catch (thrown) {
      setFailure(asError(thrown));
      setBusy(false);
    }
  };
  const own = (data ?? []).filter((one) => !one.provisioned && !one.builtin);
  const options = [
    { value: "", label: "A new dashboard" },
    ...own.map((one) => ({ value: one.uid, label: one.title })),
  ];
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" isBusy={isBusy} isDisabled={!data} onClick={() => void add()}>
        Add the panel
      </Button>
    </>
  );
  return (
    <Dialog title="Add to dashboard" size="small" onClose={onClose} footer={footer}>
      {!data &&
        (error ? <Problem error={error} onRetry={reload} /> : <Loading what="dashboards" />)}
      {data && (
        <div class="stack">
          {failure && <Problem isSlim error={failure} />}
          <Field
            label="Dashboard"
            hint={`Those that come from files cannot be changed here; see ${href("/dashboards")}.`}
          >
            {(id) => <Select id={id} value={uid} options={options} onChange={setUid} />}
          </Field>
          {uid === "" && (
            <Field label="Its title">
              {(id) => <Input id={id} value={fresh} onInput={setFresh} />}
            </Field>
          )}
          <Field label="Title of the panel">
            {(id) => <Input id={id} value={title} onInput={setTitle} />}
          </Field>
        </div>
      )}
    </Dialog>
  );
}

async function create(title: string): Promise<string> {
  const dashboard = { title, schemaVersion: 41, panels: [], time: { from: "now-1h", to: "now" } };
  return (await sendJson<{ uid: string }>("POST", DASHBOARDS, { dashboard })).uid;
}

async function append(uid: string, panel: Panel): Promise<void> {
  const path = `${DASHBOARDS}/${encodeURIComponent(uid)}`;
  const { dashboard, meta } = await getJson<Kept>(path);
  const panels = dashboard.panels ?? [];
  const bottom = Math.max(
    0,
    ...panels.map(({ gridPos }) => {
      const { y = 0, h = 0 } = (gridPos ?? {}) as { y?: number; h?: number };
      return y + h;
    }),
  );
  const id = 1 + Math.max(0, ...panels.map((one) => (typeof one.id === "number" ? one.id : 0)));
  const placed = { ...panel, id, gridPos: { x: 0, y: bottom, w: 12, h: 8 } };
  const message = "Panel from Explore";
  await sendJson("PUT", path, {
    dashboard: { ...dashboard, panels: [...panels, placed] },
    version: meta.version,
    message,
  });
}

/** The question as a panel of a dashboard. */
function panelOf(question: Question, title: string): Panel {
  const isTable = question.tab === "table";
  const type = isTable ? "table" : question.tab === "heatmap" ? "heatmap" : "timeseries";
  const stacking = question.isStacked
    ? { fillOpacity: 35, stacking: { mode: "normal", group: "A" } }
    : {};
  return {
    type,
    title,
    fieldConfig: { defaults: { unit: guessUnit(question.expr), custom: stacking }, overrides: [] },
    options: isTable
      ? {}
      : { legend: { displayMode: "table", placement: "bottom", calcs: ["lastNotNull", "max"] } },
    targets: [
      {
        refId: "A",
        expr: question.expr,
        ...(isTable ? { instant: true, format: "table" } : { range: true }),
        ...(type === "heatmap" ? { format: "heatmap" } : {}),
        ...(question.step ? { interval: question.step } : {}),
      },
    ],
  };
}
