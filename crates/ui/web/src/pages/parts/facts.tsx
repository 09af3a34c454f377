// Names with values, figures with what they count, and bars beside numbers.

import type { ComponentChildren, JSX } from "preact";
import { classes } from "../../components/button";
import { formatValue } from "../../format/units";
import "./parts.css";

/** `30d or 10986301030B` as people write it. */
export function readableBytes(text: string): string {
  return text.replace(/\b(\d+)B\b/g, (_all, bytes: string) =>
    formatValue(Number(bytes), "bytes", 1),
  );
}

export type Fact = readonly [name: string, value: ComponentChildren];

/** Names with values below each other. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }): JSX.Element {
  return (
    <dl class="facts">
      {facts.flatMap(([name, value]) => [
        <dt key={name}>{name}</dt>,
        <dd key={`${name}-value`}>{value}</dd>,
      ])}
    </dl>
  );
}

export interface TileProps {
  readonly value: ComponentChildren;
  readonly children: ComponentChildren;
  readonly isBad?: boolean;
}

/** A figure and what it counts. */
export function Tile({ value, children, isBad = false }: TileProps): JSX.Element {
  return (
    <div class={classes("figure", isBad && "bad")}>
      <b>{value}</b>
      <small>{children}</small>
    </div>
  );
}

/** A share whose line would be a dot. */
const SHARE_LEAST = 0.03;

/** A number with its share of the largest as a line below it. */
export function BarCell({
  share,
  children,
}: {
  readonly share: number;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <span class="bar-cell">
      {children}
      {share > SHARE_LEAST && <i style={{ width: `${Math.min(100, 100 * share)}%` }} />}
    </span>
  );
}
