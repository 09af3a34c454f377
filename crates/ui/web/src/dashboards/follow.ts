// An open dashboard follows what others make of it: a file that is changed, somebody who saves.
// What is being changed here is never replaced; then it is only said. Loaded after the dashboard.

import { ApiError, isAbort } from "../api/client";
import { toast } from "../components/toast";
import { loadDashboard, type Stored } from "./api";
import type { Session } from "./session";

const EVERY_MS = 5000;

/** Asks again and again, while the page can be seen; the answer ends it. */
export function follow(session: Session): () => void {
  const abort = new AbortController();
  let seen = session.saved.peek();
  let isGone = false;
  const look = async (): Promise<void> => {
    try {
      const stored = await loadDashboard(session.meta.peek().uid, { signal: abort.signal });
      const now = asOpened(stored);
      isGone = false;
      if (JSON.stringify(now.dashboard) === seen) return;
      seen = JSON.stringify(now.dashboard);
      taken(session, now);
    } catch (error) {
      if (isAbort(error)) return;
      // Whether the server answers at all is said in the header.
      if (!(error instanceof ApiError) || error.status !== 404 || isGone) return;
      isGone = true;
      toast("This dashboard was deleted; you see what it was", "warn");
    }
  };
  let isAsking = false;
  const timer = setInterval(() => {
    if (document.hidden || isAsking) return;
    isAsking = true;
    void look().finally(() => {
      isAsking = false;
    });
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    abort.abort();
  };
}

function asOpened({ dashboard, meta }: Stored): Stored {
  return { dashboard: { ...dashboard, panels: dashboard.panels ?? [] }, meta };
}

function taken(session: Session, { dashboard, meta }: Stored): void {
  const text = JSON.stringify(dashboard);
  const isFile = meta.provisioned || meta.builtin;
  // What was saved or restored here is known.
  if (text === session.saved.peek() || (!isFile && meta.version === session.meta.peek().version))
    return;
  if (session.isChanged.peek()) {
    toast(
      isFile
        ? "The file of this dashboard changed; what you changed stays here"
        : `Version ${meta.version} was saved by somebody else; what you changed stays here`,
      "warn",
    );
    return;
  }
  session.change(() => dashboard);
  session.saved.value = text;
  session.meta.value = { ...session.meta.peek(), ...meta };
  toast("The dashboard was changed and is shown as it is now", "info");
}
