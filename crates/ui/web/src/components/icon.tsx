// Icons: our own strokes on a grid of 16, drawn in the colour of the text around them.

import type { JSX } from "preact";

const PATHS = {
  menu: "M2 4h12M2 8h12M2 12h12",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4l-4 4 4 4",
  up: "M4 10l4-4 4 4",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5l3.5 3.5",
  refresh: "M13 8a5 5 0 1 1-1.6-3.7M13.5 2v3h-3",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.5V8l2.5 1.5",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  check: "M3 8.5l3.5 3.5L13 4.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  star: "M8 2l1.9 3.9 4.2.6-3 3 .7 4.2L8 11.7l-3.8 2 .7-4.2-3-3 4.2-.6z",
  edit: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3zM9 4.7L11.3 7",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  external: "M9 3h4v4M13 3L7.5 8.5M11 9v4H3V5h4",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1",
  help: "M6 6a2 2 0 1 1 2.7 1.9c-.5.2-.7.5-.7 1.1v.5M8 12.2h.01M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8z",
  play: "M5 3l8 5-8 5z",
  pause: "M5.5 3v10M10.5 3v10",
  filter: "M2 3h12L9.5 8.5V13l-3-1.5v-3z",
  bell: "M8 2a4 4 0 0 0-4 4c0 3-1 4.5-1.5 5h11C13 10.5 12 9 12 6a4 4 0 0 0-4-4zM6.5 13.500h3",
  warning: "M8 2.500l6 10.500H2zM8 6.500v3M8 11.300h.01",
  graph: "M2 2v12h12M4.5 10.500l3-4 2.5 2 3.5-5",
  table: "M2 3h12v10H2zM2 6.300h12M2 9.600h12M6 3v10",
  link: "M6.5 9.500l3-3M7 4.500l1-1a3 3 0 0 1 4.3 4.300l-1 1M9 11.500l-1 1a3 3 0 0 1-4.3-4.300l1-1",
  drag: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  expand: "M9.5 2.500h4v4M13.5 2.500L9 7M6.5 13.500h-4v-4M2.5 13.500L7 9",
  settings: "M2 4.500h6M12 4.500h2M2 11.500h2M8 11.500h6M10 2.800v3.400M6 9.800v3.4",
  zoomOut: "M7 2.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.500L14 14M5 7h4",
  download: "M8 2.500v7M5 7l3 3 3-3M3 13h10",
  upload: "M8 10V3M5 5.500l3-3 3 3M3 13h10",
} as const;

export type IconName = keyof typeof PATHS;

export interface IconProps {
  readonly name: IconName;
  readonly size?: number;
}

/** An icon beside words, or inside a control that has a name of its own. */
export function Icon({ name, size = 16 }: IconProps): JSX.Element {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width={name === "more" || name === "drag" ? 2 : 1.4}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
