// The binary under test with a folder of its own, on a port of its own; and a target to scrape.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where `cargo xtask test` says the binary is. */
const BINARY = process.env.FLYBALL_BIN ?? "../../../target/debug/flyball";

/** Longest wait for anything; the machine may be busy with other suites. */
export const PATIENCE_MS = Number(process.env.FLYBALL_E2E_PATIENCE_MS ?? 60_000);

export interface ServerOptions {
  /** Files to write before the start, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

/** A running flyball. */
export class Flyball {
  readonly folder = mkdtempSync(join(tmpdir(), "flyball-e2e-"));
  /** With the prefix of the routes and a slash at its end. */
  url = "";
  private process: ChildProcess | undefined;
  private runs = 0;

  private constructor(private readonly options: ServerOptions) {
    for (const [name, text] of Object.entries(options.files ?? {})) this.write(name, text);
  }

  /** Starts one and waits until it is ready. */
  static async start(options: ServerOptions = {}): Promise<Flyball> {
    const server = new Flyball(options);
    await server.run();
    const page = await (await fetch(server.url)).text();
    if (!page.includes('id="app"')) {
      throw new Error(`${BINARY} holds the small page only: build it with FLYBALL_UI=required`);
    }
    return server;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Starts the process, again on the same address after a stop. */
  async run(): Promise<void> {
    if (!existsSync(BINARY)) throw new Error(`no binary at ${BINARY}; set FLYBALL_BIN`);
    this.runs += 1;
    const log = join(this.folder, `log-${this.runs}`);
    const address = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const words = ["--storage.path=data", `--web.listen-address=${address}`];
    const shell = `exec "$0" "$@" >${log} 2>&1`;
    this.process = spawn(
      "sh",
      ["-c", shell, BINARY_PATH, ...words, ...(this.options.flags ?? [])],
      {
        cwd: this.folder,
        stdio: "ignore",
      },
    );
    const found = await until("the address in the log", () => /url=(\S+)/.exec(text(log))?.[1]);
    this.url = found;
    await until(`flyball at ${found} to be ready`, async () => {
      const response = await fetch(`${found}-/ready`).catch(() => undefined);
      return response?.ok ? true : undefined;
    });
  }

  /** Ends the process and keeps its data. */
  async stop(): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once("exit", resolve));
    process.kill("SIGKILL");
    await ended;
  }

  /** Ends the process and removes its folder. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Waits until a query has an answer with series. */
  async hasSeries(query: string): Promise<void> {
    await until(`series of ${query}`, async () => {
      const url = `${this.url}api/v1/query?query=${encodeURIComponent(query)}`;
      const body = (await (await fetch(url)).json()) as { data?: { result?: unknown[] } };
      return body.data?.result?.length ? true : undefined;
    });
  }
}

const BINARY_PATH = new URL(BINARY, `file://${process.cwd()}/`).pathname;

function text(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Asks again and again until there is an answer. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Something to scrape: answers what it is told to. */
export class Target {
  body = "";
  private constructor(private readonly server: HttpServer) {}

  static async start(body: string, type = "text/plain; version=0.0.4"): Promise<Target> {
    const target: Target = new Target(
      createServer((_request, response) => {
        response.setHeader("content-type", type);
        response.end(target.body);
      }),
    );
    target.body = body;
    await new Promise<void>((resolve) => target.server.listen(0, "127.0.0.1", resolve));
    return target;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
