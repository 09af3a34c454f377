// Saving: a message for the history, a folder; as a copy where the original cannot be changed.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { asError } from "../../app/load";
import { navigate } from "../../app/route";
import { Button } from "../../components/button";
import { Dialog } from "../../components/dialog";
import { Field, Input } from "../../components/field";
import { toast } from "../../components/toast";
import { createDashboard, folderNamed, saveDashboard } from "../api";
import { slug } from "../browser";
import type { Session } from "../session";
import { Differences } from "./differences";

export interface SaveDialogProps {
  session: Session;
  asCopy: boolean;
  onClose: () => void;
}

export function SaveDialog({ session, asCopy, onClose }: SaveDialogProps): JSX.Element {
  const dashboard = session.dashboard.value;
  const meta = session.meta.value;
  const [title, setTitle] = useState(asCopy ? `${dashboard.title} copy` : dashboard.title);
  const [folder, setFolder] = useState(
    meta.builtin || meta.provisioned ? "" : (meta.folderTitle ?? ""),
  );
  const [message, setMessage] = useState("");
  const [problem, setProblem] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const conflict = problem instanceof ApiError && problem.status === 409;
  const save = async (force: boolean): Promise<void> => {
    setBusy(true);
    try {
      if (asCopy) await saveCopy(session, { title, folder, message });
      else
        await saveOwn(session, {
          title,
          folder,
          message,
          version: force ? undefined : meta.version,
        });
      toast("Saved");
      onClose();
    } catch (error) {
      setProblem(asError(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={asCopy ? "Save a copy" : "Save the dashboard"}
      onClose={onClose}
      footer={
        <>
          {conflict && (
            <Button look="danger" onClick={() => void save(true)}>
              Overwrite
            </Button>
          )}
          <Button look="primary" isBusy={busy} onClick={() => void save(false)}>
            Save
          </Button>
        </>
      }
    >
      {problem && (
        <p class="panel-problem" role="alert">
          {conflict
            ? "Somebody else saved this dashboard meanwhile. Overwrite that, or save a copy."
            : problem.message}
        </p>
      )}
      <Field label="Title">{(id) => <Input id={id} value={title} onInput={setTitle} />}</Field>
      <Field label="Folder" hint="Empty is General">
        {(id) => <Input id={id} value={folder} onInput={setFolder} />}
      </Field>
      <Field label="What changed" hint="Shown among the versions">
        {(id) => (
          <Input id={id} value={message} onInput={setMessage} onEnter={() => void save(false)} />
        )}
      </Field>
      {!asCopy && session.isChanged.value && (
        <section class="stack">
          <h3>What is different</h3>
          <Differences uid={meta.uid} version={meta.version} dashboard={dashboard} />
        </section>
      )}
    </Dialog>
  );
}

interface Choices {
  title: string;
  folder: string;
  message: string;
  version?: number | undefined;
}

async function saveOwn(
  session: Session,
  { title, folder, message, version }: Choices,
): Promise<void> {
  const dashboard = { ...session.dashboard.peek(), title };
  const kept = { dashboard, folder: await folderNamed(folder), message, version };
  const meta = await saveDashboard(session.meta.peek().uid, kept);
  session.dashboard.value = dashboard;
  session.saved.value = JSON.stringify(dashboard);
  session.meta.value = { ...session.meta.peek(), ...meta };
}

async function saveCopy(session: Session, { title, folder, message }: Choices): Promise<void> {
  const { uid: _uid, id: _id, ...rest } = session.dashboard.peek();
  const copied = { ...rest, title, panels: rest.panels };
  const meta = await createDashboard({
    dashboard: copied,
    folder: await folderNamed(folder),
    message,
  });
  navigate(`/d/${encodeURIComponent(meta.uid)}/${slug(title)}`);
}
