// Panel type `gauge`: a dial per value, with the thresholds as a ring outside.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { readable } from "../../charts/colors";
import type { Look } from "../display";
import { show } from "../display";
import { type ReducedValue, reducedValues, type ReduceOptions } from "../reduced";
import { absoluteSteps } from "../thresholds";
import { Linked, NoValue } from "./parts";
import { optionsOf, type ViewProps } from "./props";
import { gridStyle, layout, scrolled } from "./stat";
import "./big.css";
import "./linked.css";

interface Options {
  reduceOptions: ReduceOptions;
  showThresholdMarkers: boolean;
  showThresholdLabels: boolean;
  orientation: string;
}

/** The least dial that can be read, px. */
const LEAST = { width: 64, height: 56 };
/** What of a name stands below its dial. */
const NAME_LETTERS = 20;

const START = -210;
const SWEEP = 240;

export function GaugeView(props: ViewProps): JSX.Element {
  const { panel, frames, look, width, height } = props;
  const options = optionsOf<Options>(panel);
  const values = useMemo(
    () => reducedValues(frames, options.reduceOptions, look).map(limited),
    [frames, panel.options, look],
  );
  if (values.length === 0) return <NoValue text={panel.fieldConfig?.defaults.noValue} />;
  const grid = layout(
    values.length,
    { width, height, wide: 1.15, least: LEAST },
    options.orientation,
  );
  return (
    <div class="gauges" style={gridStyle(grid)} {...scrolled(grid, height, props.title)}>
      {values.map((value, i) => (
        <Linked key={i} links={props.linksOf(value.field, value.frame, value.row)}>
          <Dial value={value} look={look} options={options} named={values.length > 1} />
        </Linked>
      ))}
    </div>
  );
}

/** A gauge without limits goes from 0 to 100. */
export function limited(value: ReducedValue): ReducedValue {
  const { min, max } = value.field.config;
  const from = min ?? 0;
  const to = max ?? 100;
  const number = value.shown.number;
  return {
    ...value,
    min: from,
    max: to,
    shown: { ...value.shown, share: number === null ? 0 : (number - from) / (to - from || 1) },
  };
}

const point = (share: number, radius: number): string => {
  const angle = ((START + SWEEP * share) * Math.PI) / 180;
  return `${(100 + radius * Math.cos(angle)).toFixed(2)} ${(100 + radius * Math.sin(angle)).toFixed(2)}`;
};

function arc(from: number, to: number, radius: number): string {
  const large = (to - from) * SWEEP > 180 ? 1 : 0;
  return `M${point(from, radius)}A${radius} ${radius} 0 ${large} 1 ${point(to, radius)}`;
}

const within = (share: number): number => Math.min(1, Math.max(0, share));

interface DialProps {
  value: ReducedValue;
  look: Look;
  options: Partial<Options>;
  named: boolean;
}

function Dial({ value, look, options, named }: DialProps): JSX.Element {
  const share = within(value.shown.share);
  const { theme } = look;
  const steps = absoluteSteps(value.field.config, value, theme);
  const at = (number: number): number =>
    within((number - value.min) / (value.max - value.min || 1));
  const size = Math.min(34, 112 / (0.6 * Math.max(3, value.shown.text.length)));
  const label = `${value.name}: ${value.shown.text}`;
  return (
    <svg
      class="gauge"
      viewBox={named ? "0 0 200 186" : "0 0 200 166"}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <path d={arc(0, 1, 78)} fill="none" stroke={theme.sunken} stroke-width="20" />
      {share > 0.002 && (
        <path d={arc(0, share, 78)} fill="none" stroke={value.color} stroke-width="20" />
      )}
      {options.showThresholdMarkers !== false &&
        steps.map((step, i) => {
          const from = at(step.value);
          const to = at(steps[i + 1]?.value ?? value.max);
          return (
            to > from && (
              <path
                key={i}
                d={arc(from, to, 93)}
                fill="none"
                stroke={step.color}
                stroke-width="4"
              />
            )
          );
        })}
      {options.showThresholdLabels &&
        steps
          .filter((step) => Number.isFinite(step.value))
          .map((step, i) => {
            const [x, y] = point(at(step.value), 60).split(" ");
            return (
              <text key={i} x={x} y={y} class="gauge-label" fill={theme.muted}>
                {show(step.value, value.field.config, value, look).text}
              </text>
            );
          })}
      <text
        x="100"
        y="112"
        class="gauge-value"
        font-size={size}
        fill={readable(value.color, theme.surface, 3.2)}
      >
        {value.shown.text || "–"}
      </text>
      {named && (
        <text x="100" y="178" class="gauge-name" fill={theme.text}>
          {value.name.length > NAME_LETTERS
            ? `${value.name.slice(0, NAME_LETTERS - 1)}…`
            : value.name}
        </text>
      )}
    </svg>
  );
}
