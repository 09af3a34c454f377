// Panel type `table`: columns with units, colours, bars, sparklines and links; sorted by a click.
// Only the rows that can be seen are in the page.

import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { inkOn, mix, readable } from "../../charts/colors";
import { limitsOf, type Look, show, type Shown } from "../display";
import type { Field, Frame } from "../frame";
import { formatDate, ISO } from "../../format/dates";
import { reduce } from "../reduce";
import { seriesColor, type Limits } from "../thresholds";
import { compare } from "../transform/group";
import { Linked, NoValue } from "./parts";
import { optionsOf, type ViewProps } from "./props";
import { Sparkline } from "./sparkline";
import "./linked.css";
import "./table.css";

interface Options {
  showHeader: boolean;
  cellHeight: string;
  sortBy: { displayName: string; desc?: boolean }[];
  frameIndex: number;
  footer: { show?: boolean; reducer?: string[]; fields?: string[]; countRows?: boolean };
}

interface Column {
  field: Field;
  name: string;
  limits: Limits;
  align: "left" | "right" | "center";
}

interface Sort {
  by: string;
  down: boolean;
}

const ROW_PX: Record<string, number> = { sm: 28, md: 34, lg: 46 };
const AHEAD = 8;

export function TableView(props: ViewProps): JSX.Element {
  const { panel, look } = props;
  const options = optionsOf<Options>(panel);
  const pick = props.chosen.frame === "" ? (options.frameIndex ?? 0) : Number(props.chosen.frame);
  const frames = useMemo(() => tables(props.frames), [props.frames]);
  const frame = frames[Math.min(Math.max(0, pick) || 0, frames.length - 1)];
  if (!frame || frame.fields.length === 0)
    return <NoValue text={panel.fieldConfig?.defaults.noValue} />;
  return (
    <div class="table-panel">
      <Grid frame={frame} options={options} look={look} props={props} />
      {frames.length > 1 && (
        <label class="table-pick">
          <span class="only-heard">Data of</span>
          <select
            value={String(pick)}
            onChange={(event) => props.choose({ frame: event.currentTarget.value })}
          >
            {frames.map((one, i) => (
              <option key={i} value={String(i)}>
                {one.name ?? `Query ${one.refId}`}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

/** Frames to choose from; series of one time axis each are offered one by one. */
function tables(frames: readonly Frame[]): Frame[] {
  return frames.filter((frame) => frame.fields.length > 0);
}

interface GridProps {
  frame: Frame;
  options: Partial<Options>;
  look: Look;
  props: ViewProps;
}

function Grid({ frame, options, look, props }: GridProps): JSX.Element {
  const columns = useMemo(() => columnsOf(frame), [frame]);
  const first = options.sortBy?.[0];
  const { sort: asked } = props.chosen;
  const sort: Sort =
    asked === ""
      ? { by: first?.displayName ?? "", down: first?.desc ?? false }
      : { by: asked.replace(/^-/, ""), down: asked.startsWith("-") };
  const rows = useMemo(
    () => sortedRows(frame, columns, sort),
    [frame, columns, sort.by, sort.down],
  );
  const rowPx = ROW_PX[options.cellHeight ?? "sm"] ?? 28;
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const from = Math.max(0, Math.floor(top / rowPx) - AHEAD);
  const to = Math.min(rows.length, Math.ceil((top + props.height) / rowPx) + AHEAD);
  const order = (by: string): void =>
    props.choose({ sort: sort.by === by && !sort.down ? `-${by}` : by });
  return (
    <div
      ref={box}
      class="table-scroll"
      tabIndex={0}
      role="region"
      aria-label={props.title || "Table"}
      onScroll={() => setTop(box.current?.scrollTop ?? 0)}
    >
      <table class="data-table" aria-rowcount={rows.length}>
        {options.showHeader !== false && (
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.name} column={column} sort={sort} order={order} />
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {from > 0 && <tr style={{ height: `${from * rowPx}px` }} aria-hidden="true" />}
          {rows.slice(from, to).map((row) => (
            <tr key={row} style={{ height: `${rowPx}px` }}>
              {columns.map((column) => (
                <Cell
                  key={column.name}
                  column={column}
                  frame={frame}
                  row={row}
                  look={look}
                  props={props}
                />
              ))}
            </tr>
          ))}
          {to < rows.length && (
            <tr style={{ height: `${(rows.length - to) * rowPx}px` }} aria-hidden="true" />
          )}
        </tbody>
        {options.footer?.show && (
          <Footer columns={columns} frame={frame} options={options} look={look} />
        )}
      </table>
    </div>
  );
}

function columnsOf(frame: Frame): Column[] {
  return frame.fields
    .filter((field) => !field.config.custom?.hidden && !field.config.custom?.hideFrom?.viz)
    .map((field) => {
      const wanted = field.config.custom?.align;
      const align =
        wanted === "left" || wanted === "right" || wanted === "center"
          ? wanted
          : field.type === "number"
            ? "right"
            : "left";
      return {
        field,
        name: field.displayName ?? field.name,
        limits: limitsOf([field], field.config),
        align,
      };
    });
}

function sortedRows(frame: Frame, columns: readonly Column[], sort: Sort): number[] {
  const rows = Array.from({ length: frame.length }, (_row, i) => i);
  const values = columns.find((column) => column.name === sort.by)?.field.values;
  if (!values) return rows;
  rows.sort((a, b) => compare(comparable(values[a]), comparable(values[b])));
  return sort.down ? rows.reverse() : rows;
}

const comparable = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "value" in value ? value.value : value;

function Head({
  column,
  sort,
  order,
}: {
  column: Column;
  sort: Sort;
  order: (by: string) => void;
}): JSX.Element {
  const active = sort.by === column.name;
  const { width, minWidth } = column.field.config.custom ?? {};
  const style = {
    textAlign: column.align,
    ...(width
      ? { width: `${width}px`, minWidth: `${width}px` }
      : { minWidth: `${minWidth ?? 60}px` }),
  };
  return (
    <th
      scope="col"
      style={style}
      aria-sort={active ? (sort.down ? "descending" : "ascending") : "none"}
      title={column.field.config.description}
    >
      <button type="button" onClick={() => order(column.name)}>
        {column.name}
        {active ? (sort.down ? " ▾" : " ▴") : ""}
      </button>
    </th>
  );
}

interface CellProps {
  column: Column;
  frame: Frame;
  row: number;
  look: Look;
  props: ViewProps;
}

/** How a cell is drawn; the older `displayMode` names are still in use. */
function cellType(field: Field): string {
  const custom = field.config.custom ?? {};
  return custom.cellOptions?.type ?? custom.displayMode ?? "auto";
}

function Cell({ column, frame, row, look, props }: CellProps): JSX.Element {
  const { field } = column;
  const value = field.values[row];
  const type = cellType(field);
  if (type === "sparkline" && isTrend(value))
    return <TrendCell value={value} column={column} look={look} />;
  const shown = cellText(value, column, look);
  const links = props.linksOf(field, frame, row);
  const style = cellStyle(type, field, shown, look);
  const isGauge = /gauge/.test(type) && shown.number !== null;
  return (
    <td
      class={type.startsWith("json") ? "mono" : ""}
      style={{ textAlign: column.align, ...style }}
      title={shown.text}
    >
      {isGauge ? (
        <GaugeCell shown={shown} field={field} look={look} />
      ) : (
        <Linked links={links}>{shown.text}</Linked>
      )}
    </td>
  );
}

function cellText(value: unknown, { field, limits }: Column, look: Look): Shown {
  const shown = show(value, field.config, limits, look);
  if (field.type === "time" && typeof value === "number" && !field.config.unit) {
    return { ...shown, text: formatDate(value, ISO, look.units.zone) };
  }
  return shown;
}

function cellStyle(type: string, field: Field, shown: Shown, look: Look): Record<string, string> {
  const coloured = field.config.color?.mode === "fixed" || shown.mapped || field.type === "number";
  const color = shown.mapped || coloured ? shown.color : undefined;
  if (!color) return {};
  if (type.startsWith("color-background")) {
    const ground = mix(color, look.theme.surface, 0.1);
    return { background: ground, color: inkOn(ground) };
  }
  return type === "color-text" ? { color: readable(color, look.theme.surface) } : {};
}

function GaugeCell({
  shown,
  field,
  look,
}: {
  shown: Shown;
  field: Field;
  look: Look;
}): JSX.Element {
  const share = Math.min(1, Math.max(0, shown.share));
  const color =
    shown.color ??
    seriesColor(field.config, Math.max(0, field.seriesIndex ?? 0), look.theme, shown.number);
  return (
    <span class="cell-gauge">
      <span class="bar-track">
        <span
          class="bar-fill"
          style={{ width: `${share * 100}%`, background: mix(color, look.theme.surface, 0.3) }}
        />
      </span>
      <b>{shown.text}</b>
    </span>
  );
}

interface Trend {
  values: unknown[];
  value: unknown;
}

const isTrend = (value: unknown): value is Trend =>
  typeof value === "object" && value !== null && Array.isArray((value as Partial<Trend>).values);

function TrendCell({
  value,
  column,
  look,
}: {
  value: Trend;
  column: Column;
  look: Look;
}): JSX.Element {
  const shown = show(value.value, column.field.config, column.limits, look);
  return (
    <td>
      <span class="cell-gauge">
        <Sparkline
          values={value.values}
          width={120}
          height={22}
          color={seriesColor(column.field.config, 0, look.theme, null)}
        />
        <b>{shown.text}</b>
      </span>
    </td>
  );
}

function Footer({
  columns,
  frame,
  options,
  look,
}: {
  columns: readonly Column[];
  frame: Frame;
  options: Partial<Options>;
  look: Look;
}): JSX.Element {
  const { reducer = ["sum"], fields = [], countRows } = options.footer ?? {};
  const calc = reducer[0] ?? "sum";
  return (
    <tfoot>
      <tr>
        {columns.map((column, i) => {
          const wanted =
            column.field.type === "number" &&
            (fields.length === 0 ||
              fields.includes(column.name) ||
              fields.includes(column.field.name));
          const text =
            countRows && i === 0
              ? `${frame.length} rows`
              : wanted
                ? show(reduce(calc, column.field.values), column.field.config, column.limits, look)
                    .text
                : "";
          return (
            <td key={column.name} style={{ textAlign: column.align }}>
              {text}
            </td>
          );
        })}
      </tr>
    </tfoot>
  );
}
