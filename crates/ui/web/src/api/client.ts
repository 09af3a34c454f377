// Asks the server. Paths are relative to the page's <base>, so any route prefix works.
// Every request can be aborted and has a deadline; whether the server answers is a signal.

import { signal } from "@preact/signals";

/** What went wrong, in words for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** A few words: `Timed out`, `Not allowed`. */
    readonly title: string,
    message: string,
    /** Status of HTTP; 0 without an answer. */
    readonly status: number,
    /** Upstream's `errorType` when there is one. */
    readonly kind: string = "",
  ) {
    super(message);
  }

  /** Did the server not answer at all? */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

export type Params =
  | URLSearchParams
  | Record<string, string | number | boolean | readonly string[] | null | undefined>;

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until we give up; 30 s unless told. */
  readonly timeoutMs?: number;
}

/** When the server stopped answering; nothing while it answers. */
export const offlineSince = signal<number | undefined>(undefined);

/** Tells whether the server answered. */
export function noteAnswer(reached: boolean): void {
  if (reached) offlineSince.value = undefined;
  else offlineSince.value ??= Date.now();
}

const TITLES: Record<number, string> = {
  400: "Bad request",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  409: "Changed meanwhile",
  413: "Too large",
  422: "Cannot be evaluated",
  429: "Too many requests",
  503: "Not now",
  504: "Timed out",
};

/** Longer queries go in the body of a POST. */
const QUERY_MAX = 1500;

/** `GET path?params` as JSON; long parameters are sent as a form. */
export async function getJson<T>(
  path: string,
  params: Params = {},
  options: RequestOptions = {},
): Promise<T> {
  const query = toSearch(params);
  const text = query.toString();
  const isLong = text.length > QUERY_MAX;
  const request: RequestInit = isLong ? { method: "POST", body: query } : {};
  return (await send(isLong || !text ? path : `${path}?${text}`, request, options)) as T;
}

/** Sends `body` as JSON and returns the JSON of the answer, if it has any. */
export async function sendJson<T>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  options: RequestOptions = {},
): Promise<T> {
  const request: RequestInit = { method };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "content-type": "application/json" };
  }
  return (await send(path, request, options)) as T;
}

/** Prometheus' envelope around an answer. */
interface Envelope<T> {
  readonly data: T;
  readonly warnings?: string[];
  readonly infos?: string[];
}

/** An answer out of its envelope, with what the server remarked. */
export interface Answer<T> {
  readonly data: T;
  /** Warnings: the answer may be incomplete. */
  readonly warnings: readonly string[];
  /** Remarks on the question. */
  readonly infos: readonly string[];
  /** How long the answer took, as seen from here. */
  readonly tookMs: number;
}

/** `GET` of an answer in Prometheus' envelope `{status, data, warnings, infos}`. */
export async function getAnswer<T>(
  path: string,
  params?: Params,
  options?: RequestOptions,
): Promise<Answer<T>> {
  const started = performance.now();
  const { data, warnings = [], infos = [] } = await getJson<Envelope<T>>(path, params, options);
  return { data, warnings, infos, tookMs: performance.now() - started };
}

/** The `data` of an answer in Prometheus' envelope. */
export async function getData<T>(
  path: string,
  params?: Params,
  options?: RequestOptions,
): Promise<T> {
  return (await getAnswer<T>(path, params, options)).data;
}

/** Was the request aborted by us? Such errors are nobody's concern. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

function toSearch(params: Params): URLSearchParams {
  if (params instanceof URLSearchParams) return params;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value == null || value === "") continue;
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) {
      search.append(name, one);
    }
  }
  return search;
}

async function send(path: string, request: RequestInit, options: RequestOptions): Promise<unknown> {
  const limit = AbortSignal.timeout(options.timeoutMs ?? 30_000);
  const signals = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  let response: Response;
  let text: string;
  try {
    response = await fetch(relative(path), { ...request, signal: signals });
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    noteAnswer(false);
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new ApiError(
      "No answer",
      late ? "The server took too long." : "The server cannot be reached.",
      0,
    );
  }
  const body = parse(text);
  // A proxy's page in front of a dead server is no answer of ours.
  const isGone = body === undefined && [502, 504].includes(response.status);
  noteAnswer(!isGone);
  if (response.ok && (body !== undefined || text === "")) return body;
  throw problem(isGone ? 0 : response.status, text, body);
}

/** Addresses without a leading slash are relative to the base of the page. */
function relative(path: string): string {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function problem(status: number, text: string, body: unknown): ApiError {
  const title = TITLES[status] ?? (status === 0 ? "No answer" : "Error");
  if (typeof body === "string") return new ApiError(title, body, status);
  const { error, errorType, message } = (body ?? {}) as Record<string, unknown>;
  const words =
    typeof error === "string" ? error : typeof message === "string" ? message : text.slice(0, 300);
  return new ApiError(
    title,
    words || `The server answered ${status}.`,
    status,
    String(errorType ?? ""),
  );
}
