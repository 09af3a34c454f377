// PostgreSQL, Redis and nginx of this machine with load, watched by a server: the dashboards of services and
// the health page with what really is. Nothing where they are not installed.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Flyball, until } from "./server";

export interface LiveServices {
  readonly server: Flyball;
  readonly end: () => Promise<void>;
}

const POSTGRES = "/usr/lib/postgresql";
/** Requests a second that nginx gets. */
const REQUESTS = 40;
/** Keys in Redis. */
const KEYS = 5000;

/** Why there are none, or nothing. */
export function missing(): string | undefined {
  const programs = [
    "/usr/bin/redis-server",
    "/usr/bin/redis-benchmark",
    "/usr/sbin/nginx",
    POSTGRES,
  ];
  const lacking = programs.filter((path) => !existsSync(path));
  return lacking.length > 0 ? `not installed: ${lacking.join(", ")}` : undefined;
}

/** A port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address() as AddressInfo;
      listener.close(() => resolve(port));
    });
  });
}

/** PostgreSQL refuses to run as root: there it runs as its own user. */
function asPostgres(words: readonly string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [words[0] ?? "", words.slice(1)];
  return ["runuser", ["-u", "postgres", "--", ...words]];
}

class Running {
  readonly folder = mkdtempSync(join(tmpdir(), "flyball-live-"));
  private readonly started: ChildProcess[] = [];
  private readonly timers: NodeJS.Timeout[] = [];

  run(program: string, words: readonly string[]): void {
    // A group of its own, so that what it starts ends with it.
    this.started.push(spawn(program, words, { cwd: this.folder, stdio: "ignore", detached: true }));
  }

  every(ms: number, act: () => void): void {
    this.timers.push(setInterval(act, ms));
  }

  end(): void {
    for (const timer of this.timers) clearInterval(timer);
    for (const { pid } of this.started) if (pid !== undefined) stopGroup(pid);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

function stopGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

async function redis(running: Running): Promise<string> {
  const port = await freePort();
  const memory = ["--maxmemory", "64mb", "--save", "", "--dir", running.folder];
  running.run("redis-server", ["--port", String(port), "--bind", "127.0.0.1", ...memory]);
  const cli = ["-p", String(port), "-r", "1000000", "-i", "0.01"];
  // All keys are there from the beginning and written anew; of six that are read, five exist.
  const fill = `for i = 0, ${KEYS - 1} do redis.call("set", "key:" .. i, "value") end`;
  const filled = `until redis-cli -p ${port} eval '${fill}' 0; do sleep 0.1; done`;
  const words = { set: `$((n % ${KEYS})) value ex 600`, get: `$((n % ${1.2 * KEYS}))` };
  for (const [command, rest] of Object.entries(words)) {
    const script = `n=0; while :; do n=$((n + 37)); echo ${command} key:${rest}; sleep 0.02; done`;
    running.run("sh", ["-c", `${filled}; (${script}) | exec redis-cli -p ${port}`]);
  }
  running.run("redis-cli", [...cli, "incr", "orders"]);
  return `  redis: [{address: '127.0.0.1:${port}', interval: 1s}]\n`;
}

async function nginx(running: Running): Promise<string> {
  const port = await freePort();
  const file = join(running.folder, "nginx.conf");
  const log = join(running.folder, "access.log");
  writeFileSync(
    file,
    `daemon off; pid ${running.folder}/nginx.pid; error_log ${running.folder}/error.log; worker_processes 1;
events {}
http {
  log_format timed '$remote_addr [$time_local] "$request" $status $body_bytes_sent $request_time';
  access_log ${log} timed;
  server {
    listen 127.0.0.1:${port};
    location = /nginx_status { stub_status; access_log off; }
    location /cart { return 200 "cart"; }
    location /gone { return 404; }
    location /fails { return 503; }
    location / { return 200 "hello"; }
  }
}
`,
  );
  chmodSync(running.folder, 0o755);
  running.run("/usr/sbin/nginx", ["-c", file, "-p", running.folder]);
  const paths = ["/", "/", "/", "/cart", "/cart", "/orders/17", "/gone", "/fails"];
  let count = 0;
  running.every(1000 / REQUESTS, () => {
    count += 1;
    const path = paths[(count * 7) % paths.length] ?? "/";
    if (path === "/fails" && count % 3 > 0) return;
    // What does not arrive is seen on the dashboard.
    void fetch(`http://127.0.0.1:${port}${path}`).then(
      (answer) => answer.text(),
      () => undefined,
    );
  });
  const format = `'$remote_addr [$time_local] "$request" $status $body_bytes_sent $request_time'`;
  const follow = `access_log: {path: ${log}, format: ${format}}`;
  return `  nginx:\n  - url: http://127.0.0.1:${port}/nginx_status\n    interval: 1s\n    ${follow}\n`;
}

async function postgres(running: Running): Promise<string> {
  const bin = join(POSTGRES, readdirSync(POSTGRES).at(-1) ?? "", "bin");
  const data = join(running.folder, "postgres");
  mkdirSync(data);
  if (process.getuid?.() === 0) execFileSync("chown", ["postgres", data]);
  const port = await freePort();
  const now = (...words: string[]): void => {
    const [program, rest] = asPostgres(words);
    execFileSync(program, rest, { stdio: "ignore", cwd: "/tmp" });
  };
  now(join(bin, "initdb"), "-D", join(data, "db"), "-U", "flyball", "-A", "trust");
  const flags = ["-D", join(data, "db"), "-p", String(port), "-k", data, "-h", "127.0.0.1"];
  running.run(...asPostgres([join(bin, "postgres"), ...flags]));
  const to = ["-h", "127.0.0.1", "-p", String(port), "-U", "flyball"];
  await until("PostgreSQL to answer", () => {
    try {
      now(join(bin, "createdb"), ...to, "shop");
      return true;
    } catch {
      // It is still starting.
      return undefined;
    }
  });
  now(join(bin, "pgbench"), ...to, "-i", "-q", "-s", "2", "shop");
  const load = ["-c", "4", "-R", "60", "-T", "3600"];
  running.run(...asPostgres([join(bin, "pgbench"), ...to, ...load, "shop"]));
  return `  postgres: [{dsn: 'postgres://flyball@127.0.0.1:${port}/shop?sslmode=disable', interval: 1s}]\n`;
}

/** Starts them and waits until each is measured. */
export async function liveServices(): Promise<LiveServices> {
  const running = new Running();
  try {
    const parts = [await redis(running), await nginx(running), await postgres(running)];
    const server = await Flyball.start({
      files: { "flyball.yml": `version: 1\ncollect:\n  host: {interval: 1s}\n${parts.join("")}` },
      flags: ["--config.file=flyball.yml"],
    });
    const end = async (): Promise<void> => {
      await server.remove();
      running.end();
    };
    try {
      for (const up of ["redis_up", "pg_up", "nginx_up"]) await server.hasSeries(`${up} == 1`);
      // Lines of some length.
      await server.hasSeries("count_over_time(redis_up[5m]) > 30");
    } catch (error) {
      await end();
      throw error;
    }
    return { server, end };
  } catch (error) {
    running.end();
    throw error;
  }
}
