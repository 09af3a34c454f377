// Values as they come: one stream for all that a page watches, opened again when it breaks.
// Server-sent events are read from a POST, because expressions are too long for an address.

import { noteAnswer } from "./client";
import type { QueryResult } from "./prometheus";

export interface LiveQuery {
  readonly expr: string;
  /** Evaluates at multiples of it, where `query_range` with this step evaluates, too. */
  readonly stepMs?: number;
}

/** The value of a query at an instant. */
export interface LivePoint {
  readonly timeMs: number;
  readonly value: QueryResult;
}

export interface Watcher {
  readonly onPoint: (point: LivePoint) => void;
  /** The query has no value now. */
  readonly onProblem?: (message: string) => void;
}

/** Queries of one stream; the server's bound. */
const QUERIES_MAX = 64;
/** Watchers that come and go within this time cost one stream. */
const SETTLE_MS = 30;
const RETRY_MS = [500, 1000, 2000, 4000] as const;
/** Silence after which a connection counts as dead, beside the time between two rounds. */
const SILENCE_MS = 10_000;

interface Watched {
  readonly query: LiveQuery;
  readonly watcher: Watcher;
}

/** What is watched at one pace. */
interface Group {
  readonly watched: Map<string, Watched>;
  timer: ReturnType<typeof setTimeout> | undefined;
  abort: AbortController;
}

const groups = new Map<number, Group>();
let count = 0;

/** Calls back with the value of a query every `everyMs`, until the answer is called. */
export function watch(query: LiveQuery, everyMs: number, watcher: Watcher): () => void {
  const group = groups.get(everyMs) ?? {
    watched: new Map(),
    timer: undefined,
    abort: new AbortController(),
  };
  groups.set(everyMs, group);
  count += 1;
  const id = `q${count}`;
  group.watched.set(id, { query, watcher });
  settle(group, everyMs);
  return () => {
    group.watched.delete(id);
    settle(group, everyMs);
  };
}

function settle(group: Group, everyMs: number): void {
  clearTimeout(group.timer);
  group.timer = setTimeout(() => {
    group.abort.abort();
    group.abort = new AbortController();
    const all = [...group.watched];
    for (let first = 0; first < all.length; first += QUERIES_MAX) {
      void follow(new Map(all.slice(first, first + QUERIES_MAX)), everyMs, group.abort.signal);
    }
  }, SETTLE_MS);
}

/** Keeps a stream open until told to stop. */
async function follow(
  watched: ReadonlyMap<string, Watched>,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    await visible(signal);
    try {
      await read(watched, everyMs, signal, () => {
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
      noteAnswer(false);
    }
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 1000, signal);
    failures += 1;
  }
}

/** Reads one stream to its end. */
async function read(
  watched: ReadonlyMap<string, Watched>,
  everyMs: number,
  signal: AbortSignal,
  onEvent: () => void,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const body = {
    every_ms: everyMs,
    queries: [...watched].map(([id, { query }]) => ({
      id,
      expr: query.expr,
      ...(query.stepMs ? { step_ms: query.stepMs } : {}),
    })),
  };
  try {
    const response = await fetch(new URL("api/flyball/v1/live", document.baseURI), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || !response.body) return tellAll(watched, await response.text());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const events = new EventReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), everyMs + SILENCE_MS);
      noteAnswer(true);
      onEvent();
      for (const event of events.push(part.value)) tell(watched, event);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** An event of the stream. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/** Cuts text as it comes into events. */
export class EventReader {
  private rest = "";

  push(text: string): StreamEvent[] {
    const blocks = (this.rest + text).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(parseEvent);
  }
}

function parseEvent(block: string): StreamEvent {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [field, value = ""] = line.split(/: ?(.*)/s);
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }
  return { name, data: data.join("\n") };
}

interface PointData {
  readonly id: string;
  readonly time_ms: number;
}

function tell(watched: ReadonlyMap<string, Watched>, { name, data }: StreamEvent): void {
  if (name === "point") {
    const point = JSON.parse(data) as PointData & QueryResult;
    watched.get(point.id)?.watcher.onPoint({ timeMs: point.time_ms, value: point });
  } else if (name === "problem") {
    const problem = JSON.parse(data) as { id: string; error: string };
    watched.get(problem.id)?.watcher.onProblem?.(problem.error);
  }
}

function tellAll(watched: ReadonlyMap<string, Watched>, text: string): void {
  for (const { watcher } of watched.values()) watcher.onProblem?.(text.slice(0, 300));
}

/** Ends when the page can be seen. */
function visible(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    document.addEventListener("visibilitychange", done);
    signal.addEventListener("abort", done);
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
