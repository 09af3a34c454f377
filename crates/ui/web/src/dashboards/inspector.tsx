// What stands behind a panel: its data as a table and as CSV, its queries with their times, its JSON.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { param, setParams } from "../app/route";
import { Button } from "../components/button";
import { Dialog } from "../components/dialog";
import { Tabs } from "../components/tabs";
import { copy } from "../components/toast";
import { formatDate } from "../format/dates";
import type { Frame } from "../panels/frame";
import type { Panel } from "../panels/model";
import { remarksOf } from "./panel_status";
import type { PanelState } from "./use_panel";
import "./inspector.css";

const ROWS_MAX = 500;

export interface InspectorProps {
  title: string;
  panel: Panel;
  state: PanelState;
  onClose: () => void;
}

export function Inspector({ title, panel, state, onClose }: InspectorProps): JSX.Element {
  const tab = param("inspectTab") || "data";
  const setTab = (id: string): void => setParams({ inspectTab: id }, { replace: true });
  const tabs = [
    { id: "data", label: "Data" },
    { id: "queries", label: "Queries" },
    { id: "json", label: "Panel JSON" },
  ];
  return (
    <Dialog title={`Inspect: ${title || panel.type}`} size="large" onClose={onClose}>
      <Tabs tabs={tabs} active={tab} onChange={setTab} label="Inspect">
        {tab === "data" ? (
          <Data frames={state.frames} title={title} />
        ) : tab === "queries" ? (
          <Queries state={state} />
        ) : (
          <pre class="inspect-json" tabIndex={0}>
            {JSON.stringify(panel, null, 2)}
          </pre>
        )}
      </Tabs>
    </Dialog>
  );
}

/** A frame as CSV, times in ISO 8601. */
export function csvOf(frame: Frame): string {
  const quote = (value: unknown): string => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const rows = Array.from({ length: frame.length }, (_row, i) =>
    frame.fields
      .map((field) => {
        const value = field.values[i];
        return quote(
          field.type === "time" && typeof value === "number"
            ? new Date(value).toISOString()
            : value,
        );
      })
      .join(","),
  );
  return [
    frame.fields.map((field) => quote(field.displayName ?? field.name)).join(","),
    ...rows,
  ].join("\n");
}

function Data({ frames, title }: { frames: readonly Frame[]; title: string }): JSX.Element {
  const [at, setAt] = useState(0);
  const frame = frames[Math.min(at, frames.length - 1)];
  if (!frame) return <p class="muted">No data</p>;
  const csv = (): string => csvOf(frame);
  return (
    <div class="stack">
      <div class="line">
        {frames.length > 1 && (
          <select
            class="input inspect-series"
            aria-label="Series"
            value={String(at)}
            onChange={(event) => setAt(Number(event.currentTarget.value))}
          >
            {frames.map((one, i) => (
              <option key={i} value={String(i)}>
                {one.name ?? `Query ${one.refId}`}
              </option>
            ))}
          </select>
        )}
        <Button icon="copy" onClick={() => void copy(csv())}>
          Copy CSV
        </Button>
        <Button icon="download" onClick={() => save(`${title || "panel"}.csv`, csv())}>
          Save CSV
        </Button>
        <span class="muted">
          {frame.length} rows{frame.length > ROWS_MAX ? `, the first ${ROWS_MAX} shown` : ""}
        </span>
      </div>
      <div class="inspect-table" tabIndex={0}>
        <table class="data-table">
          <thead>
            <tr>
              {frame.fields.map((field, i) => (
                <th key={i} scope="col">
                  {field.displayName ?? field.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: Math.min(ROWS_MAX, frame.length) }, (_row, row) => (
              <tr key={row}>
                {frame.fields.map((field, i) => (
                  <td key={i}>{cell(field.type, field.values[row])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function cell(type: string, value: unknown): string {
  if (type === "time" && typeof value === "number")
    return formatDate(value, "YYYY-MM-DD HH:mm:ss", "browser");
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value).slice(0, 200) : String(value);
}

/** Gives the browser a file to save. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function Queries({ state }: { state: PanelState }): JSX.Element {
  const { data } = state;
  if (!data) return <p class="muted">Nothing was asked yet</p>;
  return (
    <div class="stack">
      <p>
        {Math.round(data.tookMs)} ms, {data.series} series, {data.points} points
      </p>
      {remarksOf(state).map((remark, i) => (
        <p key={i} class="panel-problem">
          {remark}
        </p>
      ))}
      {data.infos.map((info) => (
        <p key={info} class="muted">
          {info}
        </p>
      ))}
      {data.plan.queries.map((query, i) => (
        <section key={i}>
          <h4>
            {query.refId} · {query.kind}
            {query.kind === "range" ? `, step ${query.stepMs / 1000} s` : ""}
          </h4>
          <pre class="inspect-json" tabIndex={0}>
            {query.expr}
          </pre>
        </section>
      ))}
    </div>
  );
}
