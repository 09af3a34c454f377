// Panel type `stat`: big values, each with its name, colour, sparkline and change.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { inkOn, mix, readable } from "../../charts/colors";
import { boldWidth } from "../../charts/measure";
import { fixed } from "../../format/decimals";
import { reduce } from "../reduce";
import { type ReducedValue, reducedValues, type ReduceOptions } from "../reduced";
import { optionsOf, type ViewProps } from "./props";
import { Linked, NoValue } from "./parts";
import { Sparkline } from "./sparkline";
import "./big.css";
import "./linked.css";

interface Options {
  reduceOptions: ReduceOptions;
  graphMode: string;
  colorMode: string;
  textMode: string;
  orientation: string;
  justifyMode: string;
  wideLayout: boolean;
  showPercentChange: boolean;
  percentChangeColorMode: string;
  text: { valueSize?: number; titleSize?: number };
}

export function StatView(props: ViewProps): JSX.Element {
  const { panel, frames, look, width, height } = props;
  const options = optionsOf<Options>(panel);
  const values = useMemo(
    () => reducedValues(frames, options.reduceOptions, look),
    [frames, panel.options, look],
  );
  if (values.length === 0) return <NoValue text={panel.fieldConfig?.defaults.noValue} />;
  const [hasName] = parts(options.textMode ?? "auto", values.length > 1);
  const least = leastTile(hasName, options.showPercentChange === true);
  const grid = layout(values.length, { width, height, least }, options.orientation);
  const tile = { width: width / grid.columns - 4, height: grid.rowPx - 4 };
  return (
    <div class="stat" style={gridStyle(grid)} {...scrolled(grid, height, props.title)}>
      {values.map((value, i) => (
        <Tile
          key={i}
          value={value}
          options={options}
          tile={tile}
          several={values.length > 1}
          props={props}
        />
      ))}
    </div>
  );
}

/** The least tile that can be read, px: a value alone, and with its name above it. */
const LEAST = { width: 64, height: 26 };
const LEAST_NAMED = { width: 92, height: 42 };
const CHANGE_PX = 18;

function leastTile(hasName: boolean, hasChange: boolean): { width: number; height: number } {
  const { width, height } = hasName ? LEAST_NAMED : LEAST;
  return { width, height: height + (hasChange ? CHANGE_PX : 0) };
}

export interface Layout {
  columns: number;
  rows: number;
  /** Height of a row with its gap, px. */
  rowPx: number;
}

interface Box {
  width: number;
  height: number;
  /** How much wider than high a tile is at its best. */
  wide?: number;
  /** What a tile needs to be read. */
  least?: { width: number; height: number };
}

/**
 * Rows and columns that leave tiles as large as can be. Where tiles along one side would be too
 * small to read, they stand in both directions; where that is too small, rows overflow.
 */
export function layout(count: number, box: Box, orientation = "auto"): Layout {
  const { width, height, least = LEAST } = box;
  const grids = [
    ...(orientation === "vertical" ? [{ columns: count, rows: 1 }] : []),
    ...(orientation === "horizontal" ? [{ columns: 1, rows: count }] : []),
    largest(count, box),
  ];
  const fits = grids.find(
    ({ columns, rows }) => width / columns >= least.width && height / rows >= least.height,
  );
  if (fits || count === 1) {
    const grid = fits ?? grids[0]!;
    return { ...grid, rowPx: height / grid.rows };
  }
  const columns = Math.max(1, Math.min(count, Math.floor(width / least.width)));
  const rows = Math.ceil(count / columns);
  return { columns, rows, rowPx: Math.max(least.height, height / rows) };
}

export function gridStyle({ columns, rowPx }: Layout): JSX.CSSProperties {
  return {
    gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
    gridAutoRows: `minmax(${Math.floor(rowPx) - 4}px, 1fr)`,
  };
}

/** What is higher than its panel scrolls, by the keyboard, too. */
export function scrolled(
  { rows, rowPx }: Layout,
  height: number,
  title: string,
): JSX.HTMLAttributes<HTMLDivElement> {
  if (rows * rowPx <= height + 1) return {};
  return { "tabIndex": 0, "role": "region", "aria-label": title || "Values" };
}

function largest(
  count: number,
  { width, height, wide = 2.2 }: Box,
): {
  columns: number;
  rows: number;
} {
  let best = { columns: 1, rows: count, size: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const size = Math.min(width / columns, (height / rows) * wide);
    if (size > best.size) best = { columns, rows, size };
  }
  return { columns: best.columns, rows: best.rows };
}

interface TileProps {
  value: ReducedValue;
  options: Partial<Options>;
  tile: { width: number; height: number };
  several: boolean;
  props: ViewProps;
}

function Tile({ value, options, tile, several, props }: TileProps): JSX.Element {
  const { theme } = props.look;
  const mode = options.colorMode ?? "value";
  const filled = mode.startsWith("background");
  const ground = filled ? mix(value.color, theme.surface, 0.08) : theme.surface;
  const ink = filled
    ? inkOn(ground)
    : mode === "none"
      ? theme.text
      : readable(value.color, theme.surface, 3.2);
  const [hasName, hasValue] = parts(options.textMode ?? "auto", several);
  const { prefix, main, suffix } = value.shown;
  const text = hasValue ? [prefix, main || "–", suffix] : [];
  const chart =
    options.graphMode === "area" &&
    value.field.values.length > 1 &&
    tile.height > (hasName ? 64 : 46);
  const size = fontSize(text, tile, { name: hasName, chart, fixed: options.text?.valueSize });
  const links = props.linksOf(value.field, value.frame, value.row);
  return (
    <div
      class={filled ? "stat-tile stat-filled" : "stat-tile"}
      style={filled ? { background: ground, color: ink } : {}}
    >
      {chart && (
        <div class="stat-chart">
          <Sparkline
            values={value.field.values}
            width={Math.max(20, tile.width)}
            height={Math.max(16, tile.height * 0.36)}
            color={filled ? ink : value.color}
          />
        </div>
      )}
      <div
        class={options.justifyMode === "center" || !chart ? "stat-text stat-center" : "stat-text"}
      >
        {hasName && (
          <div class="stat-name" style={nameSize(options.text?.titleSize, tile)} title={value.name}>
            {value.name}
          </div>
        )}
        {hasValue && (
          <Linked links={links}>
            <span
              class="stat-value"
              style={{ fontSize: `${size}px`, color: ink }}
              title={size <= LEAST_FONT ? value.shown.text : undefined}
            >
              {value.shown.prefix && <span class="stat-unit">{value.shown.prefix}</span>}
              {value.shown.main || "–"}
              <span class="stat-unit">{value.shown.suffix}</span>
            </span>
          </Linked>
        )}
        {options.showPercentChange && (
          <Change value={value} mode={options.percentChangeColorMode ?? "standard"} />
        )}
      </div>
    </div>
  );
}

function parts(textMode: string, several: boolean): [name: boolean, value: boolean] {
  switch (textMode) {
    case "value":
      return [false, true];
    case "name":
      return [true, false];
    case "value_and_name":
      return [true, true];
    case "none":
      return [false, false];
    default:
      return [several, true];
  }
}

function nameSize(size: number | undefined, tile: { height: number }): { fontSize: string } {
  return { fontSize: `${size ?? Math.max(11, Math.min(18, tile.height * 0.16))}px` };
}

/** What does not fit in this size, px, is cut and stands in the tip. */
const LEAST_FONT = 11;

/** Size of units beside their number; as in the style. */
const UNIT_SHARE = 0.68;

/** The largest text that fits in width and height. */
function fontSize(
  [prefix = "", main = "", suffix = ""]: readonly string[],
  tile: { width: number; height: number },
  { name, chart, fixed: own }: { name: boolean; chart: boolean; fixed: number | undefined },
): number {
  if (own) return own;
  const widthOf1Px = boldWidth(main) + UNIT_SHARE * boldWidth(prefix + suffix);
  const byWidth = (tile.width - 14) / Math.max(1, widthOf1Px);
  const room = tile.height * (chart ? 0.52 : 0.86) - (name ? Math.max(14, tile.height * 0.2) : 0);
  return Math.max(LEAST_FONT, Math.min(byWidth, room * 0.8, 64));
}

/** The change over the range, in percent; the arrow says the direction without colour. */
function Change({ value, mode }: { value: ReducedValue; mode: string }): JSX.Element | null {
  const change = reduce("diffperc", value.field.values);
  if (typeof change !== "number" || !Number.isFinite(change)) return null;
  const good = mode === "inverted" ? change < 0 : change > 0;
  const tone = mode === "same_as_value" || change === 0 ? "" : good ? "good" : "bad";
  return (
    <span class={`stat-change ${tone}`}>
      {change > 0 ? "▲" : change < 0 ? "▼" : "="} {fixed(Math.abs(change) * 100)}%
    </span>
  );
}
