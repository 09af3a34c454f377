// Import of a dashboard in any of Grafana's forms: drop a file or paste JSON, read what changes, save.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { navigate } from "../app/route";
import { asError } from "../app/load";
import { Button } from "../components/button";
import { Dialog } from "../components/dialog";
import { Field, Input } from "../components/field";
import { toast } from "../components/toast";
import { folderNamed, type Imported, importDashboard, type Remark } from "./api";
import { slug } from "./browser";
import "./browser.css";

const FILE_MAX = 8 * 1024 * 1024;

export function ImportDialog({ onClose }: { onClose: () => void }): JSX.Element {
  const [text, setText] = useState("");
  const [folder, setFolder] = useState("");
  const [problem, setProblem] = useState<string>();
  const [checked, setChecked] = useState<Imported>();
  const [busy, setBusy] = useState(false);
  const run = async (dry: boolean): Promise<void> => {
    setProblem(undefined);
    setBusy(true);
    try {
      const dashboard = parsed(text);
      const into = dry ? undefined : await folderNamed(folder);
      const made = await importDashboard({ dashboard, folder: into, dry_run: dry });
      if (dry) return setChecked(made);
      toast(`Imported "${made.dashboard.title}"`);
      navigate(`/d/${encodeURIComponent(made.uid)}/${slug(made.dashboard.title)}`);
    } catch (error) {
      setProblem(asError(error).message);
    } finally {
      setBusy(false);
    }
  };
  const take = (json: string): void => {
    setText(json);
    setChecked(undefined);
  };
  const footer = checked ? (
    <>
      <Button onClick={() => setChecked(undefined)}>Back</Button>
      <Button look="primary" isBusy={busy} onClick={() => void run(false)}>
        Save dashboard
      </Button>
    </>
  ) : (
    <Button
      look="primary"
      isBusy={busy}
      isDisabled={text.trim() === ""}
      onClick={() => void run(true)}
    >
      Check
    </Button>
  );
  return (
    <Dialog title="Import a dashboard" size="large" onClose={onClose} footer={footer}>
      {problem && (
        <p class="panel-problem" role="alert">
          {problem}
        </p>
      )}
      {checked ? (
        <Report imported={checked} />
      ) : (
        <Source text={text} take={take} fail={setProblem} />
      )}
      {!checked && (
        <Field label="Folder" hint="Empty is General">
          {(id) => <Input id={id} value={folder} onInput={setFolder} />}
        </Field>
      )}
    </Dialog>
  );
}

/** The JSON, or in words why it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${asError(error).message}`);
  }
}

interface SourceProps {
  text: string;
  take: (json: string) => void;
  fail: (problem: string) => void;
}

function Source({ text, take, fail }: SourceProps): JSX.Element {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const read = (file: File | undefined): void => {
    if (!file) return;
    if (file.size > FILE_MAX)
      return fail(`The file has ${Math.round(file.size / 1048576)} MiB; 8 MiB are the limit.`);
    file.text().then(take, (error: unknown) => fail(asError(error).message));
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    read(event.dataTransfer?.files[0]);
  };
  return (
    <div class="stack">
      <div
        class={over ? "drop drop-over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p>
          Drop a JSON file here, or{" "}
          <button type="button" class="button" onClick={() => input.current?.click()}>
            choose a file
          </button>
        </p>
        <p class="muted">
          Classic JSON of Grafana 4 to 13, exports of the gallery, V1 and V2 resources.
        </p>
        <input
          ref={input}
          type="file"
          accept=".json,application/json"
          hidden
          onChange={(event) => read(event.currentTarget.files?.[0])}
        />
      </div>
      <label class="stack">
        <span>or paste it</span>
        <textarea
          class="code-input"
          value={text}
          spellcheck={false}
          aria-label="Dashboard JSON"
          onInput={(event) => take(event.currentTarget.value)}
        />
      </label>
    </div>
  );
}

function Report({ imported }: { imported: Imported }): JSX.Element {
  const { dashboard, report } = imported;
  const panels = dashboard.panels?.length ?? 0;
  return (
    <div class="stack">
      <h3>{dashboard.title}</h3>
      <p>
        {panels} panels and rows, {dashboard.templating?.list?.length ?? 0} variables.
      </p>
      <Remarks report={report} />
    </div>
  );
}

/** What an import changed or left out. */
export function Remarks({ report }: { report: readonly Remark[] }): JSX.Element {
  if (report.length === 0)
    return (
      <p>
        <span class="badge good">complete</span> Everything in it is understood.
      </p>
    );
  return (
    <ul class="report" tabIndex={0} aria-label="What changes">
      {report.map((remark, i) => (
        <li key={i}>
          <span class={/drop|unsupported|unknown|lost/.test(remark.kind) ? "badge warn" : "badge"}>
            {remark.kind}
          </span>
          <span class="grow">
            {remark.message} <code class="muted">{remark.path}</code>
          </span>
        </li>
      ))}
    </ul>
  );
}
