// Data that a component shows: loads, keeps what it had while it loads anew, gives up when told.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, isAbort } from "../api/client";

export interface Loaded<T> {
  /** What came last; stays while more is loading and after an error. */
  readonly data: T | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

export interface LoadOptions {
  /** Loads again after so many milliseconds, never twice at once, not while the page is hidden. */
  readonly everyMs?: number;
}

/** Milliseconds between attempts while the server does not answer. */
const RETRY_MS = 2000;

/**
 * Runs `load` now, when `inputs` change and every `everyMs`; a newer run aborts the older.
 */
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
  options: LoadOptions = {},
): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>({
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const { everyMs = 0 } = options;

  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (ms: number) => {
      timer = setTimeout(() => void (document.hidden ? again(ms) : run()), ms);
    };
    const run = async () => {
      setState((old) => (old.isLoading ? old : { ...old, isLoading: true }));
      try {
        const data = await latest.current(abort.signal);
        if (abort.signal.aborted) return;
        setState({ data, error: undefined, isLoading: false });
        if (everyMs > 0) again(everyMs);
      } catch (error) {
        if (abort.signal.aborted || isAbort(error)) return;
        setState((old) => ({ ...old, error: asError(error), isLoading: false }));
        const isOffline = error instanceof ApiError && error.isOffline;
        if (everyMs > 0 || isOffline) again(Math.max(everyMs, RETRY_MS));
      }
    };
    void run();
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [...inputs, turn, everyMs]);

  const reload = useCallback(() => setTurn((count) => count + 1), []);
  return { ...state, reload };
}

/** Anything thrown as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
