// Makes or changes a silence, with what it would mute now beside it.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { alertingStatus, putSilence, routedAlerts } from "../../api/alertmanager";
import { asError, useLoad } from "../../app/load";
import { href, navigate, setParams } from "../../app/route";
import { stored } from "../../app/stored";
import { Button, ButtonLink } from "../../components/button";
import { Checkbox, Field, Input, Select } from "../../components/field";
import { Empty, Loading, Problem } from "../../components/state";
import { toast } from "../../components/toast";
import { VirtualList } from "../../components/virtual";
import { formatTime, zone } from "../../app/time";
import { Labels } from "../parts/labels";
import { parseMatchers, renderMatcher } from "../parts/matchers";
import { PageHead } from "../parts/page_head";
import {
  complaints,
  DAYS,
  draftOf,
  type Form,
  intervalNames,
  LENGTHS,
  localText,
  span,
  type Weekly,
} from "./draft";

/** Who made the last silence here. */
export const author = stored(
  "silences.author",
  "",
  (value): value is string => typeof value === "string",
);

/** Milliseconds without a stroke before the preview asks. */
const PAUSE_MS = 250;
const DAY_MS = 86_400_000;

export function SilenceForm({ initial }: { readonly initial: Form }): JSX.Element {
  const [form, setForm] = useState(initial);
  const [isTried, setTried] = useState(false);
  const [failure, setFailure] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const set = (patch: Partial<Form>) => setForm({ ...form, ...patch });
  const settled = useSettled(form.filter);
  useEffect(() => {
    if (form.id === "" && settled !== initial.filter)
      setParams({ filter: settled }, { replace: true });
  }, [settled]);
  const wrong = complaints(form, Date.now());
  const submit = async (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    try {
      const id = await putSilence(draftOf(form, Date.now()));
      author.value = form.createdBy.trim();
      toast(form.id ? "The silence is changed" : "The silence is made");
      navigate(`/silences/${id}`);
    } catch (thrown) {
      setFailure(asError(thrown));
      setBusy(false);
    }
  };
  return (
    <>
      <PageHead title={form.id ? "Change a silence" : "New silence"} />
      <div class="silence-new">
        <form class="card stack" onSubmit={(event) => void submit(event)}>
          {failure && <Problem isSlim error={failure} />}
          <Fields
            form={form}
            set={set}
            wrong={
              isTried
                ? wrong
                : {
                    filter: form.filter ? wrong.filter : undefined,
                    length: wrong.length,
                    weekly: wrong.weekly,
                    start: wrong.start,
                    end: wrong.end,
                  }
            }
          />
          <div class="line">
            <Button type="submit" look="primary" icon="bell" isBusy={isBusy}>
              {form.id ? "Change" : "Silence"}
            </Button>
            <ButtonLink look="quiet" href={href("/silences")}>
              Cancel
            </ButtonLink>
            <small class="muted">{ends(form)}</small>
          </div>
        </form>
        <Preview filter={settled} />
      </div>
    </>
  );
}

function ends(form: Form): string {
  const { startMs, endMs } = span(form, Date.now());
  if (!Number.isFinite(endMs)) return "";
  return `${form.start === "" ? "From now" : formatTime(startMs, zone.value)} until ${formatTime(endMs, zone.value)}`;
}

/** A value that has not changed for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

interface FieldsProps {
  readonly form: Form;
  readonly set: (patch: Partial<Form>) => void;
  readonly wrong: { readonly [field: string]: string | undefined };
}

function Fields({ form, set, wrong }: FieldsProps): JSX.Element {
  return (
    <>
      <Field
        label="Matchers"
        hint="All must hold. Separate them with commas; =~ takes a regular expression."
        error={wrong.filter}
      >
        {(id, about) => (
          <textarea
            id={id}
            aria-describedby={about}
            aria-invalid={wrong.filter !== undefined}
            class="input mono"
            rows={2}
            spellcheck={false}
            placeholder={'alertname="DiskFull", instance=~"db.*"'}
            value={form.filter}
            onInput={(event) => set({ filter: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Lasts" error={wrong.length}>
        {(id, about) => (
          <div class="line silence-lengths">
            <Input
              id={id}
              describedBy={about}
              class="silence-length"
              value={form.end === "" ? form.length : ""}
              placeholder="until the end below"
              onInput={(length) => set({ length, end: "" })}
            />
            {LENGTHS.map((length) => (
              <Button
                key={length}
                look="quiet"
                isPressed={form.end === "" && form.length === length}
                onClick={() => set({ length, end: "" })}
              >
                {length}
              </Button>
            ))}
          </div>
        )}
      </Field>
      <div class="silence-pair">
        <Field label="Begins" hint="Empty: now" error={wrong.start}>
          {(id, about) => (
            <Input
              id={id}
              describedBy={about}
              placeholder={localText(Date.now())}
              value={form.start}
              onInput={(start) => set({ start })}
            />
          )}
        </Field>
        <Field label="Ends" hint="Empty: after the length above" error={wrong.end}>
          {(id, about) => (
            <Input
              id={id}
              describedBy={about}
              placeholder={localText(Date.now() + DAY_MS)}
              value={form.end}
              onInput={(end) => set({ end })}
            />
          )}
        </Field>
      </div>
      <Recurrence form={form} set={set} wrong={wrong} />
      <Checkbox
        isChecked={form.isUntilResolved}
        onChange={(isUntilResolved) => set({ isUntilResolved })}
      >
        End it when the last alert that it muted has ended
      </Checkbox>
      <Field label="Why" error={wrong.comment}>
        {(id, about) => (
          <Input
            id={id}
            describedBy={about}
            value={form.comment}
            placeholder="new disk on its way, ticket 4711"
            onInput={(comment) => set({ comment })}
          />
        )}
      </Field>
      <Field label="Who" error={wrong.createdBy}>
        {(id, about) => (
          <Input
            id={id}
            describedBy={about}
            value={form.createdBy}
            onInput={(createdBy) => set({ createdBy })}
          />
        )}
      </Field>
    </>
  );
}

const DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** Hours of every week, and time intervals of the file: without both it always mutes. */
function Recurrence({ form, set, wrong }: FieldsProps): JSX.Element {
  const { weekly } = form;
  const change = (patch: Partial<Weekly>): void => set({ weekly: { ...weekly, ...patch } });
  const flip = (day: string): void =>
    change({ days: DAYS.filter((one) => weekly.days.includes(one) !== (one === day)) });
  return (
    <>
      <fieldset class="silence-during">
        <legend>Every week on</legend>
        {DAYS.map((day, i) => (
          <Button
            key={day}
            isPressed={weekly.days.includes(day)}
            title={DAY_NAMES[i]!}
            onClick={() => flip(day)}
          >
            {DAY_NAMES[i]!.slice(0, 3)}
          </Button>
        ))}
        {weekly.days.length > 0 && (
          <span class="line">
            from
            <Input
              class="silence-clock"
              label="Hours begin"
              value={weekly.begin}
              onInput={(begin) => change({ begin })}
            />
            to
            <Input
              class="silence-clock"
              label="Hours end"
              value={weekly.end}
              onInput={(end) => change({ end })}
            />
            <Select
              label="Zone of the hours"
              value={weekly.zone}
              options={zonesWith(weekly.zone)}
              onChange={(name) => change({ zone: name })}
            />
          </span>
        )}
        <small
          class={wrong.weekly ? "field-error" : "muted"}
          role={wrong.weekly ? "alert" : undefined}
        >
          {wrong.weekly ??
            (weekly.days.length > 0
              ? "It mutes in these hours only, again and again until its end above. An end before the beginning is on the next day."
              : "No day: it mutes all the time.")}
        </small>
      </fieldset>
      <Intervals form={form} set={set} />
    </>
  );
}

function zonesWith(chosen: string): { value: string; label: string }[] {
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const all = new Set([here, "UTC", chosen, ...Intl.supportedValuesOf("timeZone")]);
  return [...all].map((name) => ({ value: name, label: name }));
}

function Intervals({ form, set }: Omit<FieldsProps, "wrong">): JSX.Element | null {
  const { data } = useLoad(
    async (signal) => intervalNames((await alertingStatus({ signal })).config.original),
    [],
  );
  const chosen = form.during
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const toggle = (name: string) =>
    set({
      during: (chosen.includes(name)
        ? chosen.filter((one) => one !== name)
        : [...chosen, name]
      ).join(","),
    });
  const names = [...new Set([...(data ?? []), ...chosen])];
  if (names.length === 0) return null;
  return (
    <fieldset class="silence-during">
      <legend>Only during time intervals of alertmanager.yml</legend>
      {names.map((name) => (
        <Checkbox key={name} isChecked={chosen.includes(name)} onChange={() => toggle(name)}>
          {name}
        </Checkbox>
      ))}
      <small class="muted">Then it recurs in them until its end.</small>
    </fieldset>
  );
}

function Preview({ filter }: { readonly filter: string }): JSX.Element {
  const parsed = parseMatchers(filter);
  const matchers = parsed.error === undefined ? parsed.matchers.map(renderMatcher) : [];
  const { data, error } = useLoad(
    async (signal) => (matchers.length > 0 ? routedAlerts(matchers, { signal }) : []),
    [matchers.join()],
    { everyMs: 15_000 },
  );
  const count = data?.length ?? 0;
  return (
    <section class="card stack" aria-label="Preview" aria-live="polite">
      <h2>
        {matchers.length === 0
          ? "What it mutes"
          : `Mutes ${count.toLocaleString("en-US")} ${count === 1 ? "alert" : "alerts"} that fire now`}
      </h2>
      {error && <Problem isSlim error={error} />}
      {!data && !error && <Loading what="alerts" />}
      {matchers.length === 0 && (
        <p class="muted">Matchers show here at once what they would mute.</p>
      )}
      {matchers.length > 0 && data?.length === 0 && (
        <Empty title="Nothing that fires now.">It mutes what begins to fire while it lasts.</Empty>
      )}
      {data && data.length > 0 && (
        <VirtualList
          rows={data}
          rowPx={22}
          heightPx={520}
          label="Alerts that it mutes"
          keyOf={(alert) => alert.fingerprint}
          render={(alert) => (
            <div class="silence-muted">
              <strong>{alert.labels.alertname}</strong>
              <Labels labels={alert.labels} without={["alertname"]} />
            </div>
          )}
        />
      )}
    </section>
  );
}
