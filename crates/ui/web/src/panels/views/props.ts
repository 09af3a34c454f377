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
  isolated?: readonly string[] | undefined;
  onIsolate?: ((names: readonly string[]) => void) | undefined;
}

export type View = ComponentType<ViewProps>;

/** A panel's options as the view wants them; anything may be missing. */
export function optionsOf<T>(panel: Panel): Partial<T> {
  return (panel.options ?? {}) as Partial<T>;
}
