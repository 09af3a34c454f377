// How wide a text is: fonts differ too much for a guess.

const MEASURED_PX = 100;

let context: CanvasRenderingContext2D | null | undefined;
const known = new Map<string, number>();

/** Texts that are remembered; values change all the time. */
const KNOWN_MAX = 2000;

/** Width of a bold text of one pixel's size, in pixels; a guess where nothing can be drawn. */
export function boldWidth(text: string): number {
  const before = known.get(text);
  if (before !== undefined) return before;
  context ??=
    typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
  if (!context) return text.length * 0.65;
  const { fontFamily } = getComputedStyle(document.body);
  context.font = `650 ${MEASURED_PX}px ${fontFamily}`;
  const width = context.measureText(text).width / MEASURED_PX;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, width);
  return width;
}
