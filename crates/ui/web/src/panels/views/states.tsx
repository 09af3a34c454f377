// Panel types `state-timeline` and `status-history`: coloured stretches or cells over time, a row per series.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { inkOn } from "../../charts/colors";
import { Crosshair } from "../../charts/crosshair";
import { axisTimes, formatDate } from "../../format/dates";
import { limitsOf, type Look, show } from "../display";
import { type Field, type Frame, timeField } from "../frame";
import { seriesColor } from "../thresholds";
import { NoValue } from "./parts";
import { optionsOf, type ViewProps } from "./props";

interface Options {
  mergeValues: boolean;
  showValue: string;
  rowHeight: number;
  colWidth: number;
  legend: { showLegend?: boolean };
}

export interface Stretch {
  fromMs: number;
  toMs: number;
  text: string;
  color: string;
}

export interface StateRow {
  name: string;
  stretches: Stretch[];
}

/** The stretches of each series; equal neighbours are one when they are to be merged. */
export function stateRows(
  frames: readonly Frame[],
  look: Look,
  range: { toMs: number; merge: boolean },
): StateRow[] {
  return frames.flatMap((frame) => {
    const time = timeField(frame);
    if (!time) return [];
    return frame.fields
      .filter((field) => field !== time && !field.config.custom?.hideFrom?.viz)
      .map((field) => ({
        name: field.displayName ?? field.name,
        stretches: stretchesOf(field, time.values as number[], look, range),
      }));
  });
}

function stretchesOf(
  field: Field,
  times: readonly number[],
  look: Look,
  range: { toMs: number; merge: boolean },
): Stretch[] {
  const limits = limitsOf([field], field.config);
  const config = field.config.color?.mode
    ? field.config
    : { ...field.config, color: { mode: "thresholds" } };
  const step = times.length > 1 ? times[1]! - times[0]! : 0;
  const made: Stretch[] = [];
  times.forEach((time, i) => {
    const value = field.values[i];
    const before = made[made.length - 1];
    if (value === null || value === undefined || (typeof value === "number" && Number.isNaN(value)))
      return;
    const shown = show(value, config, limits, look);
    const color =
      shown.color ??
      seriesColor(config, Math.max(0, field.seriesIndex ?? 0), look.theme, shown.number);
    const toMs = times[i + 1] ?? Math.min(range.toMs, time + step);
    if (range.merge && before && before.text === shown.text && before.toMs === time)
      before.toMs = toMs;
    else made.push({ fromMs: time, toMs, text: shown.text, color });
  });
  return made;
}

/** Width of the names: what the longest needs, at most a share of the panel. */
function nameWidth(rows: readonly StateRow[], width: number): number {
  const letters = Math.max(...rows.map(({ name }) => name.length));
  return Math.round(Math.max(40, Math.min(letters * 6.6 + 12, Math.max(110, width * 0.3))));
}

export function StatesView(props: ViewProps): JSX.Element {
  const {
    panel,
    frames,
    look,
    width,
    data: { plan },
  } = props;
  const options = optionsOf<Options>(panel);
  const cells = panel.type === "status-history";
  const merge = !cells && options.mergeValues !== false;
  const rows = useMemo(
    () => stateRows(frames, look, { toMs: plan.toMs, merge }),
    [frames, look, plan, merge],
  );
  if (rows.length === 0) return <NoValue text={panel.fieldConfig?.defaults.noValue} />;
  const left = nameWidth(rows, width);
  const room = Math.max(40, width - left - 10);
  const place = (ms: number): number =>
    ((Math.min(plan.toMs, Math.max(plan.fromMs, ms)) - plan.fromMs) / (plan.toMs - plan.fromMs)) *
    room;
  const height = `${Math.round(Math.min(48, Math.max(14, (props.height - 24) / rows.length)) * (options.rowHeight ?? 0.9))}px`;
  const count = Math.max(2, Math.floor(room / 90));
  const times = Array.from(
    { length: count },
    (_tick, i) => plan.fromMs + ((i + 0.5) / count) * (plan.toMs - plan.fromMs),
  );
  const shown = {
    place,
    cells,
    always: options.showValue === "always",
    silent: options.showValue === "never",
    zone: look.units.zone,
  };
  return (
    <div class="states-frame">
      <div class="states" tabIndex={0} role="region" aria-label={props.title || "States"}>
        {rows.map((row) => (
          <div key={row.name} class="state-row">
            <span class="state-name" style={{ width: `${left}px` }} title={row.name}>
              {row.name}
            </span>
            <span class="state-track" style={{ height, width: `${room}px` }}>
              {row.stretches.map((one, i) => (
                <Piece key={i} stretch={one} {...shown} />
              ))}
            </span>
          </div>
        ))}
        <div class="state-axis" style={{ marginLeft: `${left}px`, width: `${room}px` }}>
          {axisTimes(times, (plan.toMs - plan.fromMs) / count, look.units.zone).map((text, i) => (
            <span key={i}>{text}</span>
          ))}
        </div>
      </div>
      <Crosshair
        at={{ fromMs: plan.fromMs, toMs: plan.toMs, left, width: room }}
        syncKey={props.syncKey}
      />
    </div>
  );
}

interface PieceProps {
  stretch: Stretch;
  place: (ms: number) => number;
  cells: boolean;
  always: boolean;
  zone: string;
  silent: boolean;
}

function Piece({ stretch, place, cells, always, zone, silent }: PieceProps): JSX.Element | null {
  const left = place(stretch.fromMs);
  const wide = place(stretch.toMs) - left;
  if (wide <= 0) return null;
  const when = `${formatDate(stretch.fromMs, "MM-DD HH:mm:ss", zone)} – ${formatDate(stretch.toMs, "MM-DD HH:mm:ss", zone)}`;
  const fits = !silent && (always || wide > stretch.text.length * 7 + 6);
  return (
    <span
      class="state-piece"
      title={`${stretch.text}\n${when}`}
      style={{
        left: `${left}px`,
        width: `${Math.max(1, wide - (cells ? 2 : 0.5))}px`,
        background: stretch.color,
        color: inkOn(stretch.color),
      }}
    >
      {fits ? stretch.text : ""}
    </span>
  );
}
