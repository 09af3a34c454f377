// Panel type `bargauge`: one bar per value, horizontal or upright; plain, gradient or cells.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { mix, readable } from "../../charts/colors";
import type { Look } from "../display";
import { limitsOf } from "../display";
import { type ReducedValue, reducedValues, type ReduceOptions } from "../reduced";
import { scaleColors, valueColor } from "../thresholds";
import { Linked, NoValue } from "./parts";
import { optionsOf, type ViewProps } from "./props";
import "./bargauge.css";
import "./linked.css";

interface Options {
  reduceOptions: ReduceOptions;
  displayMode: string;
  orientation: string;
  valueMode: string;
  showUnfilled: boolean;
  namePlacement: string;
}

/** Lower rows have no room for a name above the bar. */
const LOW_PX = 40;

export function BarGaugeView(props: ViewProps): JSX.Element {
  const { panel, frames, look, width, height } = props;
  const options = optionsOf<Options>(panel);
  const values = useMemo(
    () => withLimits(reducedValues(frames, options.reduceOptions, look)),
    [frames, panel.options, look],
  );
  if (values.length === 0) return <NoValue text={panel.fieldConfig?.defaults.noValue} />;
  const upright =
    options.orientation === "vertical" ||
    ((options.orientation ?? "auto") === "auto" && width > height * 1.6);
  const placement = options.namePlacement ?? "auto";
  const isLow = height / values.length < LOW_PX;
  const beside = !upright && (placement === "left" || (placement === "auto" && isLow));
  return (
    <ul class={upright ? "bars bars-upright" : "bars"}>
      {values.map((value, i) => (
        <li key={i} class={beside ? "bar-beside" : ""}>
          <Linked links={props.linksOf(value.field, value.frame, value.row)}>
            <span class="bar-name">{value.name}</span>
          </Linked>
          <Bar
            value={value}
            options={options}
            look={look}
            upright={upright ? width / values.length : undefined}
          />
        </li>
      ))}
    </ul>
  );
}

/** Bars share one scale: from zero or the least to the largest value, unless configured. */
function withLimits(values: readonly ReducedValue[]): ReducedValue[] {
  const numbers = values
    .map((value) => value.shown.number)
    .filter((n): n is number => n !== null && Number.isFinite(n));
  const low = Math.min(0, ...numbers);
  const high = Math.max(...numbers, low + 1e-12);
  return values.map((value) => {
    const min = value.field.config.min ?? low;
    const max = value.field.config.max ?? Math.max(high, min + 1e-12);
    const share = value.shown.number === null ? 0 : (value.shown.number - min) / (max - min || 1);
    return {
      ...value,
      min,
      max,
      shown: { ...value.shown, share: Math.min(1, Math.max(0, share)) },
    };
  });
}

interface BarProps {
  value: ReducedValue;
  options: Partial<Options>;
  look: Look;
  /** Width of an upright bar with its gap, px. */
  upright: number | undefined;
}

function Bar({ value, options, look, upright }: BarProps): JSX.Element {
  const ink =
    options.valueMode === "text" ? look.theme.text : readable(value.color, look.theme.surface);
  const size = `${(value.shown.share * 100).toFixed(2)}%`;
  const mode = options.displayMode ?? "gradient";
  const text = value.shown.text || "–";
  const px = upright === undefined ? undefined : fontPx(text, upright);
  const isCrowded = px !== undefined && px < FONT_LEAST_PX;
  const font = px === undefined || isCrowded ? {} : { fontSize: `${px}px` };
  return (
    <span class="bargauge-bar" title={isCrowded ? text : undefined}>
      <span class={options.showUnfilled === false ? "bar-track bar-bare" : "bar-track"}>
        {mode === "lcd" ? (
          <Cells value={value} look={look} />
        ) : (
          <span
            class="bar-fill"
            style={{
              [upright === undefined ? "width" : "height"]: size,
              ...fill(value, mode, look, upright !== undefined),
            }}
          />
        )}
      </span>
      {options.valueMode !== "hidden" && (
        <b class={isCrowded ? "only-heard" : "bar-value"} style={{ color: ink, ...font }}>
          {text}
        </b>
      )}
    </span>
  );
}

/** Texts that would be smaller are told when the bar is pointed at. */
const FONT_LEAST_PX = 7;

/** The largest size in which a text fits above its bar. */
function fontPx(text: string, width: number): number {
  return Math.min(14, (width - 4) / (0.66 * text.length));
}

function fill(
  value: ReducedValue,
  mode: string,
  look: Look,
  upright: boolean,
): Record<string, string> {
  if (mode !== "gradient") {
    return {
      background: mix(value.color, look.theme.surface, 0.35),
      [upright ? "borderTop" : "borderRight"]: `2px solid ${value.color}`,
    };
  }
  const colors = scaleColors(value.field.config.color?.mode ?? "", look.theme) ?? [
    mix(value.color, look.theme.surface, 0.55),
    value.color,
  ];
  return {
    background: `linear-gradient(${upright ? "to top" : "to right"}, ${colors.join(", ")})`,
  };
}

const CELLS = 30;

function Cells({ value, look }: { value: ReducedValue; look: Look }): JSX.Element {
  const { config } = value.field;
  const cells = Array.from({ length: CELLS }, (_cell, i) => {
    const number = value.min + ((value.max - value.min) * i) / CELLS;
    const color =
      valueColor(
        config,
        number,
        limitsOf([value.field], { ...config, min: value.min, max: value.max }),
        look.theme,
      ) ?? value.color;
    return i / CELLS < value.shown.share ? color : mix(color, look.theme.surface, 0.82);
  });
  return (
    <span class="bar-cells">
      {cells.map((color, i) => (
        <i key={i} style={{ background: color }} />
      ))}
    </span>
  );
}
