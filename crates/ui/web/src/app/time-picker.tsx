// The time of the page in the header: which range, in which zone, how often anew.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../components/button";
import { Field, Input, Select } from "../components/field";
import { Icon } from "../components/icon";
import { Menu, useAway } from "../components/menu";
import { useKeys } from "./keys";
import { setParams } from "./route";
import {
  describeRange,
  formatTime,
  isTime,
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
import "./time-picker.css";

const QUICK: readonly (readonly [string, string])[] = [
  ["now-5m", "now"],
  ["now-15m", "now"],
  ["now-30m", "now"],
  ["now-1h", "now"],
  ["now-3h", "now"],
  ["now-6h", "now"],
  ["now-12h", "now"],
  ["now-24h", "now"],
  ["now-2d", "now"],
  ["now-7d", "now"],
  ["now-30d", "now"],
  ["now/d", "now"],
  ["now/d", "now/d"],
  ["now-1d/d", "now-1d/d"],
  ["now/w", "now"],
  ["now-1w/w", "now-1w/w"],
];

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

function RangePanel({ close }: { readonly close: () => void }): JSX.Element {
  const raw = rawRange.value;
  return (
    <div class="range-panel" role="dialog" aria-label="Time range">
      <AbsoluteRange close={close} />
      <ul class="range-quick">
        {QUICK.map(([from, to]) => (
          <li key={`${from} ${to}`}>
            <button
              type="button"
              class="menu-item"
              aria-pressed={raw.from === from && raw.to === to}
              onClick={() => {
                setRange(from, to);
                close();
              }}
            >
              {describeRange({ from, to }, "utc")}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function AbsoluteRange({ close }: { readonly close: () => void }): JSX.Element {
  const shown = (text: string) =>
    /^\d+$/.test(text) ? formatTime(Number(text), zone.value) : text;
  const [from, setFrom] = useState(shown(rawRange.value.from));
  const [to, setTo] = useState(shown(rawRange.value.to));
  const wrong = (text: string) => (isTime(text) ? undefined : "Not a time: try now-6h or now/d");
  const apply = () => {
    if (wrong(from) ?? wrong(to)) return;
    setRange(from, to);
    close();
  };
  return (
    <div class="range-absolute">
      <Field label="From" error={wrong(from)}>
        {(id, about) => (
          <Input id={id} describedBy={about} value={from} onInput={setFrom} onEnter={apply} />
        )}
      </Field>
      <Field label="To" error={wrong(to)}>
        {(id, about) => (
          <Input id={id} describedBy={about} value={to} onInput={setTo} onEnter={apply} />
        )}
      </Field>
      <Button look="primary" onClick={apply}>
        Show this range
      </Button>
      <Field label="Zone" hint="Times are shown in it, with 24 hours.">
        {(id) => (
          <Select
            id={id}
            value={zone.value}
            options={zoneOptions(zone.value)}
            onChange={(value) => setParams({ tz: value }, { replace: true })}
          />
        )}
      </Field>
    </div>
  );
}

function zoneOptions(chosen: Zone): { value: string; label: string }[] {
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const named = Intl.supportedValuesOf("timeZone").filter((name) => name !== "UTC");
  const all =
    named.includes(chosen) || ["browser", "utc"].includes(chosen) ? named : [chosen, ...named];
  return [
    { value: "browser", label: `This browser (${here})` },
    { value: "utc", label: "UTC" },
    ...all.map((name) => ({ value: name, label: name })),
  ];
}
