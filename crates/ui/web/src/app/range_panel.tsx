// What the range of the header opens: both ends, the zone, and ranges to choose from.
// Its code is loaded when it is first opened.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../components/button";
import { Field, Input, Select } from "../components/field";
import { setParams } from "./route";
import { describeRange, formatTime, isTime, rawRange, setRange, type Zone, zone } from "./time";

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

export function RangePanel({ close }: { readonly close: () => void }): JSX.Element {
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

/** Zones to choose from: the browser's, UTC, and all that it knows. */
export function zoneOptions(chosen: Zone): { value: string; label: string }[] {
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
