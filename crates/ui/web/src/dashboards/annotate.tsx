// Annotates an instant or a stretch of time on a dashboard, and lists what was annotated on it in this range.
// The address has what is meant: `annotate=FROM,TO,PANEL`, in milliseconds.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { asError, useLoad } from "../app/load";
import { param, setParams } from "../app/route";
import { formatTime, resolveTime, timeRange, zone } from "../app/time";
import { Button } from "../components/button";
import { Dialog } from "../components/dialog";
import { Checkbox, Field, Input } from "../components/field";
import { Problem } from "../components/state";
import { toast, toastError } from "../components/toast";
import { addAnnotation, deleteAnnotation, loadAnnotations, type StoredAnnotation } from "./api";
import type { Session } from "./session";
import "./annotate.css";

const close = (): void => setParams({ annotate: null }, { replace: true });

export function Annotate({ session }: { session: Session }): JSX.Element {
  const [from = "", to = "", id = ""] = param("annotate").split(",");
  const panel = session.panelById(Number(id));
  const [text, setText] = useState("");
  const [tags, setTags] = useState("");
  const [start, setStart] = useState(clockOf(from));
  const [end, setEnd] = useState(to === from ? "" : clockOf(to));
  const [isOnPanel, setOnPanel] = useState(panel !== undefined);
  const [problem, setProblem] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const [time, timeEnd] = [start, end].map((clock) => instantOf(clock));
  const wrong = {
    start: time === undefined ? WRONG : undefined,
    end: end !== "" && !(timeEnd! > time!) ? "The end follows the beginning" : undefined,
  };
  const save = async (): Promise<void> => {
    if (time === undefined || wrong.end || text.trim() === "") return;
    setBusy(true);
    try {
      await addAnnotation({
        time,
        ...(end === "" ? {} : { timeEnd: timeEnd! }),
        text: text.trim(),
        tags: wordsOf(tags),
        dashboardUID: session.meta.peek().uid,
        ...(isOnPanel && panel ? { panelId: panel.id } : {}),
      });
      session.annotated.value += 1;
      toast("Annotated");
      close();
    } catch (error) {
      setProblem(asError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Annotate"
      onClose={close}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            look="primary"
            isBusy={isBusy}
            isDisabled={text.trim() === ""}
            onClick={() => void save()}
          >
            Annotate
          </Button>
        </>
      }
    >
      <div class="stack">
        {problem && <Problem isSlim error={problem} />}
        <Field label="What happened">
          {(id) => (
            <Input
              id={id}
              value={text}
              onInput={setText}
              onEnter={() => void save()}
              placeholder="shop v2.3 is out"
              extra={{ autofocus: true }}
            />
          )}
        </Field>
        <Field label="Tags" hint="Separated by commas">
          {(id, about) => (
            <Input
              id={id}
              describedBy={about}
              value={tags}
              onInput={setTags}
              placeholder="deploy, shop"
            />
          )}
        </Field>
        <div class="annotate-times">
          <Field label="When" error={wrong.start}>
            {(id, about) => <Input id={id} describedBy={about} value={start} onInput={setStart} />}
          </Field>
          <Field label="Until" hint="Empty: an instant" error={wrong.end}>
            {(id, about) => <Input id={id} describedBy={about} value={end} onInput={setEnd} />}
          </Field>
        </div>
        {panel && (
          <Checkbox isChecked={isOnPanel} onChange={setOnPanel}>
            Only on the panel {panel.title || panel.type}
          </Checkbox>
        )}
        <Known session={session} />
      </div>
    </Dialog>
  );
}

const WRONG = "Not a time: try now-5m or 2026-11-22 04:15";

const wordsOf = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

function clockOf(ms: string): string {
  const at = Number(ms);
  return ms !== "" && Number.isFinite(at) ? formatTime(at, zone.peek()) : "now";
}

const instantOf = (clock: string): number | undefined =>
  resolveTime(clock, Date.now(), zone.peek(), "start");

/** What was annotated on this dashboard in the range that is shown. */
function Known({ session }: { session: Session }): JSX.Element | null {
  const { uid } = session.meta.peek();
  const { data } = useLoad(
    async (signal) => {
      const found = await loadAnnotations(
        timeRange.peek(),
        { dashboardUID: uid, type: "annotation" },
        { signal },
      );
      return found.filter((one) => one.dashboardUID === uid);
    },
    [uid, session.annotated.value],
  );
  if (!data || data.length === 0) return null;
  const remove = (one: StoredAnnotation): void => {
    deleteAnnotation(one.id).then(() => {
      session.annotated.value += 1;
    }, toastError);
  };
  return (
    <section class="annotate-known">
      <h3>Annotated in this range</h3>
      <ul>
        {data.map((one) => (
          <li key={one.id}>
            <time class="muted">{formatTime(one.time, zone.value)}</time>
            <span class="grow">
              {one.text} <small class="muted">{one.tags.join(", ")}</small>
            </span>
            <Button
              look="quiet"
              icon="trash"
              label={`Delete ${one.text}`}
              onClick={() => remove(one)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
