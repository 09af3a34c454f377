// The time of the page in the header: which range, in which zone, how often anew.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../components/button";
import { Icon } from "../components/icon";
import { Menu, useAway } from "../components/menu";
import { useKeys } from "./keys";
import { setParams } from "./route";
import {
  describeRange,
  formatTime,
  parseInterval,
  rawRange,
  refresh,
  refreshEvery,
  setRange,
  shifted,
  type TimeRange,
  timeRange,
  type Zone,
  zone,
  zoomed,
} from "./time";
import { lazyPart } from "../components/lazy";
import "./time-picker.css";

const RangePanel = lazyPart(() => import("./range_panel").then((module) => module.RangePanel));

const REFRESHES = ["", "1s", "5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h"];

/** Range, refresh and their keys; for pages that show a range of time. */
export function TimeControls(): JSX.Element {
  useKeys(() => timeKeys());
  useRefreshing();
  return (
    <div class="time-controls">
      <span class="wide-only">
        <Button look="quiet" icon="left" label="Earlier" onClick={() => shift(-1)} />
      </span>
      <RangePicker />
      <span class="wide-only">
        <Button look="quiet" icon="right" label="Later" onClick={() => shift(1)} />
        <Button look="quiet" icon="zoomOut" label="Zoom out" onClick={zoomOut} />
      </span>
      <Button look="quiet" icon="refresh" label="Refresh" onClick={refresh} />
      <RefreshPicker />
    </div>
  );
}

function show(range: TimeRange): void {
  setRange(range.fromMs, range.toMs);
}

function shift(direction: -1 | 1): void {
  show(shifted(timeRange.peek(), direction));
}

function zoomOut(): void {
  show(zoomed(timeRange.peek(), 2));
}

function timeKeys() {
  const group = "Time";
  return [
    { keys: "t z", does: "Zoom out", group, run: zoomOut },
    { keys: "ctrl+z", does: "The same", group, run: zoomOut },
    { keys: "t left", does: "Earlier", group, run: () => shift(-1) },
    { keys: "t right", does: "Later", group, run: () => shift(1) },
    { keys: "t a", does: "Make the range absolute", group, run: () => show(timeRange.peek()) },
    { keys: "d r", does: "Refresh", group, run: refresh },
  ];
}

/** Refreshes by the clock while the page can be seen. */
function useRefreshing(): void {
  const everyMs = parseInterval(refreshEvery.value);
  useEffect(() => {
    if (everyMs === 0) return;
    const timer = setInterval(() => document.hidden || refresh(), Math.max(everyMs, 250));
    return () => clearInterval(timer);
  }, [everyMs]);
}

function RefreshPicker(): JSX.Element {
  const items = REFRESHES.map((value) => ({
    label: value === "" ? "Off" : `Every ${value}`,
    isChecked: refreshEvery.value === value,
    run: () => setParams({ refresh: value === "" ? "off" : value }, { replace: true }),
  }));
  return (
    <Menu items={items} align="end">
      <span class="only-heard">Refresh: </span>
      {refreshEvery.value || "off"}
      <Icon name="down" size={12} />
    </Menu>
  );
}

function RangePicker(): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useAway(root, isOpen, () => setOpen(false));
  const close = () => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };
  const words = describeRange(rawRange.value, zone.value);
  return (
    <div
      class="range-picker"
      ref={root}
      onKeyDown={(event) => isOpen && event.key === "Escape" && close()}
    >
      <Button
        icon="clock"
        title={inFull(timeRange.value, zone.value)}
        onClick={() => setOpen(!isOpen)}
        extra={{ "aria-expanded": isOpen, "aria-haspopup": "dialog" }}
      >
        <span class="only-heard">Time range: </span>
        <span class="clip range-words">{words}</span>
        <Icon name="down" size={12} />
      </Button>
      {isOpen && <RangePanel close={close} />}
    </div>
  );
}

function inFull({ fromMs, toMs }: TimeRange, inZone: Zone): string {
  return `${formatTime(fromMs, inZone)} to ${formatTime(toMs, inZone)} (${inZone})`;
}
