// Asks the server. Paths are relative to the page, so any route prefix works.

/** What went wrong, in words for people. `offline`: the server did not answer at all. */
export class ApiError extends Error {
  constructor(title, message, offline = false) {
    super(message);
    Object.assign(this, { title, offline });
  }
}

const listeners = new Set();

/** Calls back with true or false after each answer or missing answer. */
export const onAnswer = (listener) => listeners.add(listener);
const tell = (reached) => listeners.forEach((listener) => listener(reached));

const KINDS = {
  bad_data: "Bad request:", execution: "Evaluation failed:", timeout: "Timed out:", canceled: "Cancelled:",
  unavailable: "Not now:",
};
const TITLES = { 401: "Not signed in.", 403: "Not allowed.", 404: "Not found." };

async function send(path, params, signal, timeout) {
  const body = new URLSearchParams(params);
  const isLong = String(body).length > 1500;
  const url = isLong || !params ? path : `${path}?${body}`;
  const options = isLong ? { method: "POST", body } : {};
  const limit = AbortSignal.timeout(timeout);
  return fetch(url, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit });
}

/** The `data` of an answer; `warnings` and `infos` are given to `notes`. */
export async function get(path, params, { signal, notes, timeout = 30_000 } = {}) {
  let response;
  try {
    response = await send(path, params, signal, timeout);
  } catch (error) {
    if (signal?.aborted) throw error;
    tell(false);
    const late = error.name === "TimeoutError";
    throw new ApiError("No answer.", late ? "The server took too long." : "The server cannot be reached.", true);
  }
  // A proxy's page in front of a dead server is no answer of ours.
  const answer = await response.json().catch(() => undefined);
  const gone = answer === undefined && response.status >= 500;
  tell(!gone);
  if (answer?.status === "success") {
    notes?.([...(answer.warnings ?? []), ...(answer.infos ?? [])]);
    return answer.data;
  }
  const title = TITLES[response.status] ?? KINDS[answer?.errorType] ?? "Error.";
  throw new ApiError(title, answer?.error ?? `The server answered ${response.status}.`, gone);
}

export const instant = (query, options) =>
  get("api/v1/query", { query, ...(options?.time ? { time: options.time } : {}) }, options);
export const range = (query, start, end, step, options) =>
  get("api/v1/query_range", { query, start, end, step }, options);

/** Runs `work` every `seconds`, never twice at once; waits while the page is hidden. */
export function every(seconds, signal, work, isPaused = () => false) {
  const run = async () => {
    while (!signal.aborted) {
      const started = performance.now();
      let pause = 0.2;
      if (!document.hidden && !isPaused()) {
        await work().catch((error) => {
          if (!signal.aborted && error.offline) pause = 2;
          else if (!signal.aborted && !(error instanceof ApiError)) console.error(error);
        });
      }
      await new Promise((resume) => {
        const rest = seconds - (performance.now() - started) / 1000;
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          resume();
        };
        const timer = setTimeout(done, Math.max(pause, rest) * 1000);
        signal.addEventListener("abort", done);
      });
    }
  };
  run();
}
