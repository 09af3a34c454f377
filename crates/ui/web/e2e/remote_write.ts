// History for a server: samples of the past, pushed by remote write 1.0.
// The body is protobuf in snappy's block format, of which only literals are used.

import type { Flyball } from "./server";

export interface Pushed {
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970 and values, in the order of time. */
  readonly samples: readonly (readonly [number, number])[];
  readonly exemplars?: readonly Exemplar[];
}

/** A single request behind a sample. */
export interface Exemplar {
  readonly timeMs: number;
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Samples of one request. */
const BATCH = 100_000;

/** Pushes series; the server must run with `--web.enable-remote-write-receiver`. */
export async function push(server: Flyball, series: readonly Pushed[]): Promise<void> {
  let batch: Pushed[] = [];
  let count = 0;
  for (const one of series) {
    batch.push(one);
    count += one.samples.length;
    if (count < BATCH) continue;
    await send(server, batch);
    [batch, count] = [[], 0];
  }
  if (batch.length > 0) await send(server, batch);
}

async function send(server: Flyball, series: readonly Pushed[]): Promise<void> {
  const body = snappy(Buffer.concat(series.map((one) => field(1, timeSeries(one)))));
  const answer = await fetch(new URL("api/v1/write", server.url), {
    method: "POST",
    headers: {
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf",
      "x-prometheus-remote-write-version": "0.1.0",
    },
    body: new Uint8Array(body),
  });
  if (!answer.ok) throw new Error(`remote write: ${answer.status} ${await answer.text()}`);
}

function timeSeries({ labels, samples, exemplars = [] }: Pushed): Buffer {
  const points = samples.map(([timeMs, value]) => field(2, moment(1, value, timeMs)));
  const behind = exemplars.map(({ timeMs, value, labels: own }) =>
    field(3, Buffer.concat([...pairs(own), moment(2, value, timeMs)])),
  );
  return Buffer.concat([...pairs(labels), ...points, ...behind]);
}

function pairs(labels: Readonly<Record<string, string>>): Buffer[] {
  const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));
  const names = Object.keys(labels).sort();
  return names.map((name) => field(1, Buffer.concat([text(1, name), text(2, labels[name] ?? "")])));
}

/** A double in this field and its time in the one behind it. */
function moment(number: number, value: number, timeMs: number): Buffer {
  const double = Buffer.alloc(9);
  double[0] = (number << 3) | 1;
  double.writeDoubleLE(value, 1);
  return Buffer.concat([double, Buffer.from([(number + 1) << 3]), varint(timeMs)]);
}

/** A field with bytes. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

const LITERAL_MAX = 0x10000;

function snappy(plain: Buffer): Buffer {
  const parts = [varint(plain.length)];
  for (let at = 0; at < plain.length; at += LITERAL_MAX) {
    const literal = plain.subarray(at, at + LITERAL_MAX);
    // Tag 61: a literal whose length stands in two bytes.
    const head = Buffer.from([61 << 2, 0, 0]);
    head.writeUInt16LE(literal.length - 1, 1);
    parts.push(head, literal);
  }
  return Buffer.concat(parts);
}
