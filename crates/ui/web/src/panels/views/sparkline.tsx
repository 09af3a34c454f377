// A line without axes, for stat panels and table cells.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";

export interface SparklineProps {
  values: readonly unknown[];
  width: number;
  height: number;
  color: string;
  filled?: boolean;
  min?: number | undefined;
  max?: number | undefined;
}

const POINTS_MAX = 200;

/** The path of a line through these values; gaps lift the pen. */
export function linePath(
  values: readonly unknown[],
  width: number,
  height: number,
  limits: { min?: number | undefined; max?: number | undefined } = {},
): string {
  const step = Math.max(1, Math.ceil(values.length / POINTS_MAX));
  const points = values.filter((_value, i) => i % step === 0 || i === values.length - 1);
  const numbers = points.filter(
    (value): value is number => typeof value === "number" && Number.isFinite(value),
  );
  if (numbers.length === 0) return "";
  const low = limits.min ?? Math.min(...numbers);
  const high = limits.max ?? Math.max(...numbers);
  const y = (value: number): number =>
    high === low ? height / 2 : height - 1 - ((value - low) / (high - low)) * (height - 2);
  let path = "";
  let drawing = false;
  points.forEach((value, i) => {
    if (typeof value !== "number" || !Number.isFinite(value)) {
      drawing = false;
      return;
    }
    const x = points.length === 1 ? width : (i / (points.length - 1)) * width;
    path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${y(value).toFixed(1)}`;
    drawing = true;
  });
  return path;
}

export function Sparkline({
  values,
  width,
  height,
  color,
  filled = true,
  min,
  max,
}: SparklineProps): JSX.Element {
  const path = useMemo(
    () => linePath(values, width, height, { min, max }),
    [values, width, height, min, max],
  );
  const closed =
    path && !path.slice(1).includes("M") ? `${path}L${width} ${height}L0 ${height}Z` : "";
  return (
    <svg
      class="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
      preserveAspectRatio="none"
    >
      {filled && closed && <path d={closed} fill={color} fill-opacity="0.18" />}
      <path d={path} fill="none" stroke={color} stroke-width="1.5" />
    </svg>
  );
}
