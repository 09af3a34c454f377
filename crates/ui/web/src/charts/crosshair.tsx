// The crosshair in drawings over time that uPlot does not make: heatmaps, states.
// Speaks uPlot's own way of sharing with charts of the same key; moves a line without drawing anew.
// INV: what it registers is gone with it.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface Stretch {
  fromMs: number;
  toMs: number;
  /** Where the drawing begins in its parent, and how wide it is, px. */
  left: number;
  width: number;
}

/** Where a time stands, px; nothing outside of the drawing. */
export function placeAt({ fromMs, toMs, left, width }: Stretch, ms: number): number | undefined {
  const share = (ms - fromMs) / (toMs - fromMs);
  return share >= 0 && share <= 1 ? left + share * width : undefined;
}

/** The time at a place, px; nothing outside of the drawing. */
export function timeAt({ fromMs, toMs, left, width }: Stretch, x: number): number | undefined {
  const share = (x - left) / width;
  return share >= 0 && share <= 1 ? fromMs + share * (toMs - fromMs) : undefined;
}

/** What uPlot asks of another chart that moves the crosshair. */
interface Peer {
  cursor: { sync: { values: [number | null, null]; scales: ["x", null] } };
  axes: { side: number }[];
  pub: (type: string, source: Peer, x: number, y: number) => void;
}

/** A line where the mouse is, here or in a chart that shares the crosshair; fills its parent. */
export function Crosshair({
  at,
  syncKey,
}: {
  at: Stretch;
  syncKey: string | undefined;
}): JSX.Element {
  const line = useRef<HTMLElement>(null);
  const latest = useRef(at);
  latest.current = at;
  useEffect(() => {
    const host = line.current!.parentElement!;
    const show = (ms: number | null | undefined): void => {
      const x = ms == null ? undefined : placeAt(latest.current, ms);
      line.current!.hidden = x === undefined;
      if (x !== undefined) line.current!.style.transform = `translateX(${Math.round(x)}px)`;
    };
    const peer: Peer = {
      cursor: { sync: { values: [null, null], scales: ["x", null] } },
      axes: [{ side: 2 }],
      pub: (type, source, x, y) => {
        if (type === "mousemove") show(x < 0 || y < 0 ? undefined : source.cursor.sync.values[0]);
      },
    };
    const self = peer as unknown as uPlot;
    const shared = syncKey === undefined ? undefined : uPlot.sync(syncKey);
    const tell = (ms: number | undefined): void => {
      show(ms);
      peer.cursor.sync.values[0] = ms ?? null;
      // In the middle of the others' height, which has nothing to do with this one's.
      const [x, y] = ms === undefined ? [-10, -10] : [1, 1];
      shared?.pub("mousemove", self, x, y, 2, 2, 0);
    };
    const move = (event: MouseEvent): void =>
      tell(timeAt(latest.current, event.clientX - host.getBoundingClientRect().left));
    const leave = (): void => tell(undefined);
    shared?.sub(self);
    host.addEventListener("mousemove", move);
    host.addEventListener("mouseleave", leave);
    return () => {
      shared?.unsub(self);
      host.removeEventListener("mousemove", move);
      host.removeEventListener("mouseleave", leave);
    };
  }, [syncKey]);
  return <i ref={line} class="crosshair" hidden />;
}
