// What every panel type is given. A view draws; it asks nothing of the server except where it must
// (alerts, lists of dashboards), and keeps no state that belongs to the address.

import type { ComponentType } from "preact";
import type { ChartMark } from "../../charts/model";
import type { Look } from "../display";
import type { Field, Frame } from "../frame";
import type { Link, Panel } from "../model";
import type { PanelData } from "../query";

export interface ShownLink {
  title: string;
  href: string;
  blank: boolean;
}

/** What the reader chose inside a panel; it stands in the address. Empty: as the dashboard has it. */
export interface Chosen {
  /** The only series to show. */
  readonly series: readonly string[];
  /** A column or calculation to sort by, with `-` before it downwards; `-` alone: unsorted. */
  readonly sort: string;
  /** Which of several frames is shown. */
  readonly frame: string;
}

export interface ViewProps {
  panel: Panel;
  /** Transformed, configured and named. */
  frames: readonly Frame[];
  data: PanelData;
  look: Look;
  title: string;
  width: number;
  height: number;
  loading: boolean;
  marks: readonly ChartMark[];
  syncKey: string | undefined;
  /** Text with variables filled in. */
  fill: (text: string) => string;
  /** The links of a value. */
  linksOf: (field: Field, frame: Frame, row: number) => ShownLink[];
  resolveLink: (link: Link) => ShownLink;
  onZoom: (fromMs: number, toMs: number) => void;
  onZoomOut: () => void;
  onAnnotate: (fromMs: number, toMs: number) => void;
  chosen: Chosen;
  choose: (patch: Partial<Chosen>) => void;
}

export type View = ComponentType<ViewProps>;

/** A panel's options as the view wants them; anything may be missing. */
export function optionsOf<T>(panel: Panel): Partial<T> {
  return (panel.options ?? {}) as Partial<T>;
}
