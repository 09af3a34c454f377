#!/usr/bin/env python3
"""The engine beside VictoriaMetrics where one run of run_baselines.sh does not reach; FLYBALL_BIN names the binary.

  engine-bench.py GENERATORS WORKDIR memory [TARGETS ROWS]        anonymous memory while rows come, and its peak
  engine-bench.py GENERATORS WORKDIR names [METRICS ROWS]         as many metrics with one series each
  engine-bench.py GENERATORS WORKDIR hourly [TARGETS ROWS]        one sample an hour
  engine-bench.py GENERATORS WORKDIR restart [TARGETS ROWS]       kill -9, until every acknowledged sample is found again
  engine-bench.py GENERATORS WORKDIR sender [TARGETS SECONDS]     remote write by Prometheus, four shards
  engine-bench.py GENERATORS WORKDIR exporters [SECONDS STEP]     disk on the data of real exporters under load (an hour at 5 s
                                                                  is the published figure; shorter runs tell less)

Of sender and exporters both servers get the same samples at the same time; else rounds are interleaved (FLYBALL_BENCH_ROUNDS, 3 unless told otherwise), figures are medians; CPU seconds are those of the server,
settling and forced compaction included; memory is anonymous (RssAnon), read every 50 ms; disk is everything in the data
directory after forced compaction, of VictoriaMetrics without its caches.
"""
import glob
import importlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import numpy as np

GENERATORS, WORK = sys.argv[1], sys.argv[2]
sys.path.insert(0, GENERATORS)
os.environ["GEN_MULTINOMIAL"] = "1"
bench, gen = importlib.import_module("bench"), importlib.import_module("gen")
ROUNDS = int(os.environ.get("FLYBALL_BENCH_ROUNDS", "3"))
SERVERS = os.environ.get("FLYBALL_BENCH_SERVERS", "vm flyball").split()
MIB = 1 << 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=300) as answer:
        return answer.read()


def await_answer(url):
    for _ in range(600):
        try:
            return get(url)
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


class Server:
    """A server with an empty data directory; its anonymous memory is watched all the time."""

    def __init__(self, name, folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.name, self.data, self.log = name, f"{folder}/data", open(f"{folder}/log", "wb")
        self.url = f"http://127.0.0.1:{free_port()}"
        address = self.url.removeprefix("http://")
        if name == "vm":
            self.command = ["victoria-metrics", f"-storageDataPath={self.data}", f"-httpListenAddr={address}",
                            "-retentionPeriod=1", "-search.latencyOffset=0s", "-search.maxUniqueTimeseries=1000000"]
        else:
            with open(f"{folder}/p.yml", "w", encoding="utf-8") as file:
                file.write("global: {scrape_interval: 15s}\n")
            self.command = [os.environ["FLYBALL_BIN"], "serve", f"--config.file={folder}/p.yml",
                            f"--storage.tsdb.path={self.data}", f"--web.listen-address={address}",
                            "--web.enable-remote-write-receiver", "--web.enable-admin-api", "--storage.tsdb.retention.time=30d"]
        self.start()
        await_answer(self.url + ("/health" if name == "vm" else "/-/ready"))
        self.peak, self.alive = 0.0, True
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        self.pid = self.process.pid

    def anonymous(self):
        return bench.mem(self.pid)["RssAnon_MiB"]

    def watch(self):
        while self.alive:
            try:
                self.peak = max(self.peak, self.anonymous())
            except (OSError, KeyError):
                pass  # between a kill and the next start
            time.sleep(0.05)

    def cpu(self):
        return bench.cpu(self.pid)

    def settle(self):
        """Until background work is quiet (3 % of a core), a minute at most."""
        quiet, last, end = 0, self.cpu(), time.time() + 60
        while quiet < 3 and time.time() < end:
            time.sleep(2)
            now = self.cpu()
            quiet, last = (quiet + 1 if now - last < 0.06 else 0), now

    def compact(self):
        if self.name == "vm":
            get(self.url + "/internal/force_flush")
            get(self.url + "/internal/force_merge")
            self.settle()
        else:
            get(self.url + "/api/v1/admin/tsdb/compact?cold=1", "POST")

    def disk(self):
        folders = [f"{self.data}/data", f"{self.data}/indexdb"] if self.name == "vm" else [self.data]
        out = subprocess.run(["du", "-sb", "--apparent-size", *folders], capture_output=True, text=True, check=True).stdout
        return sum(int(line.split()[0]) for line in out.splitlines())

    def stop(self):
        self.alive = False
        self.watcher.join()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()


def rounds(measure):
    """Medians of every figure, by server."""
    found = {name: [] for name in SERVERS}
    for number in range(1, ROUNDS + 1):
        for name in SERVERS:
            folder = f"{WORK}/{name}-{number}"
            server = Server(name, folder)
            try:
                figures = measure(server)
            finally:
                server.stop()
            note(number, name, figures, found)
            shutil.rmtree(f"{folder}/data", ignore_errors=True)
    return medians(found)


def note(number, name, figures, found):
    print(f"round {number} {name}: " + ", ".join(f"{k} {v:.4g}" for k, v in figures.items()), flush=True)
    found[name].append(figures)


def medians(found):
    return {name: {k: statistics.median(one[k] for one in all_of) for k in all_of[0]} for name, all_of in found.items() if all_of}


def row(text, ours, theirs, bound, unit, less=True):
    """One line of the table: the ratio to the peer and whether the bound is kept."""
    ratio = ours / theirs
    kept = ratio <= bound if less else ratio >= bound
    sign = "<=" if less else ">="
    print(f"{text:54} {ours:>10.4g} {theirs:>10.4g} {unit:16} {ratio:6.2f} x VM, must {sign} {bound}: {'met' if kept else 'MISSED'}")


def row_time(number, rows, step_s, end):
    """When a row begins; its samples come up to a step later, and none after the end."""
    return (end - rows * step_s) // step_s * step_s - step_s + number * step_s


def write_rows(server, source, rows, step_s, end, churn=False, each=lambda row: None):
    """Rows of all series by remote write, 2000 series a request; gives the number of samples."""
    connection, base = bench.connect(server.url)
    path = base + "/api/v1/write"
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
    cut = [(at, min(at + 2000, source.n)) for at in range(0, source.n, 2000)]
    batches = [bench.Batch(source, *ends) for ends in cut]
    start = row_time(0, rows, step_s, end)
    for number in range(1, rows + 1):
        if churn and source.churn():
            connection.close()  # building them takes longer than a server keeps an idle connection
            batches = [bench.Batch(source, *ends) for ends in cut]
        times, values = source.step_ts((start + number * step_s) * 1000), source.step_values()
        for batch in batches:
            connection.request("POST", path, batch.payload(times, values), headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status >= 300:
                raise SystemExit(f"{server.name} refused samples: {answer.status} {body[:300]}")
        each(number)
    return rows * source.n


def stored(server, source, rows, step_s, end, churn=False, marks=()):
    """What it costs to take, settle and compact; memory at some rows."""
    at, before = {}, server.cpu()

    def mark(number):
        if number in marks:
            at[f"row {number} MiB"] = server.anonymous()

    samples = write_rows(server, source, rows, step_s, end, churn, mark)
    server.settle()
    at["settled MiB"] = server.anonymous()
    at["peak before compaction MiB"] = server.peak
    server.compact()
    at["peak MiB"] = server.peak
    at["after compaction MiB"] = server.anonymous()
    cpu = server.cpu() - before
    return {**at, "bytes": server.disk(), "CPU s": cpu, "samples/CPU-s": samples / cpu}


def memory(targets="200", rows="150"):
    targets, rows = int(targets), int(rows)
    marks = [number for number in (60, 119, 150) if number <= rows]
    end = int(time.time())
    found = rounds(lambda server: stored(server, gen.Gen(targets, churn_s=600), rows, 15, end, True, marks))
    if len(found) == 2:
        settled = found["vm"]["settled MiB"]
        for key in [f"row {number} MiB" for number in marks] + ["settled MiB", "peak MiB"]:
            row(f"anonymous memory, {targets * gen.PER} series, {key[:-4]}", found["flyball"][key], settled, 0.75, "MiB")


class Names:
    """As many metrics, each with one series that wanders."""

    def __init__(self, count, step_s):
        self.n, self.step_s, self.random = count, step_s, np.random.default_rng(1)
        self.values = np.floor(self.random.random(count) * 1000)

    def labels(self, number):
        return sorted({"__name__": f"app_metric_{number:06d}_total", "instance": "10.0.0.1:9100", "job": "app"}.items())

    def step_values(self):
        self.values += self.random.poisson(3, self.n)
        return self.values

    def step_ts(self, base_ms):
        return np.full(self.n, base_ms, dtype=np.int64)


def small(text, source, rows, step_s):
    end = int(time.time())
    found = rounds(lambda server: stored(server, source(), rows, step_s, end))
    if len(found) == 2:
        for key, unit in [("peak MiB", "MiB"), ("after compaction MiB", "MiB"), ("bytes", "bytes")]:
            row(f"{text}, {key.removesuffix(' MiB')}", found["flyball"][key], found["vm"][key], 1.0, unit)


def names(count="100000", rows="20"):
    small(f"{count} metrics of one series", lambda: Names(int(count), 15), int(rows), 15)


def hourly(targets="200", rows="24"):
    targets = int(targets)
    small(f"{targets * gen.PER} series, a sample an hour", lambda: gen.Gen(targets, step_s=3600), int(rows), 3600)


def restart(targets="200", rows="20"):
    """How long until a question finds the last row of every series."""
    rows, bound = int(rows), 1.0

    def measure(server):
        source, end = gen.Gen(int(targets)), int(time.time())
        write_rows(server, source, rows, 15, end)
        # Everything is acknowledged: nothing is on the way when the process is killed.
        server.process.kill()
        server.process.wait()
        before = time.time()
        server.start()
        last = row_time(rows, rows, 15, end)  # samples of a row come up to 15.01 s later
        question = urllib.parse.urlencode({"query": 'count(last_over_time({job="node"}[15020ms]))', "time": last + 15.015, "nocache": 1})
        complete, answered, deadline = 0.0, 0.0, before + 20
        while complete < source.n and time.time() < deadline:
            try:
                result = json.loads(get(f"{server.url}/api/v1/query?{question}"))["data"]["result"]
                answered = answered or time.time() - before
                complete = float(result[0]["value"][1]) if result else 0.0
            except OSError:
                time.sleep(0.01)
            if server.name == "vm" and answered:
                break  # what it lost does not come back
        return {"first answer s": answered, "complete s": time.time() - before if complete == source.n else float("inf"),
                "series that lost their last row": source.n - complete}

    found = rounds(measure)
    if "flyball" in found:
        took, lost = found["flyball"]["complete s"], found["flyball"]["series that lost their last row"]
        print(f"kill -9, {int(targets) * gen.PER} series: complete after {took:.2f} s, {lost:.0f} series lost their last row, "
              f"must <= {bound} s and 0: {'met' if took <= bound and lost == 0 else 'MISSED'}")


def run(*command, **options):
    """Another program of the measurement, on loopback; stopped with the others at the end."""
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    others.append(started)
    return started


others = []


def stop_others():
    for other in reversed(others):
        other.terminate()
    for other in others:
        try:
            other.wait(20)
        except subprocess.TimeoutExpired:
            other.kill()
    others.clear()


def sender_counts(url, name):
    lines = get(f"{url}/metrics").decode().splitlines()
    return [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"prometheus_remote_storage_samples_{name}{{")]


def send_to(servers, folder, step_s, seconds, jobs):
    """Prometheus scrapes and sends everything to all servers with four shards; samples each got."""
    queue = "queue_config: {min_shards: 4, max_shards: 4, max_samples_per_send: 2000}"
    receivers = "".join(f"- {{url: {server.url}/api/v1/write, {queue}}}\n" for server in servers)
    config = f"global: {{scrape_interval: {step_s}s, scrape_timeout: {step_s}s}}\nremote_write:\n{receivers}"

    def configure(text):
        with open(f"{folder}/prometheus.yml", "w", encoding="utf-8") as file:
            file.write(text)

    configure(f"{config}scrape_configs:\n{jobs}")
    url = f"http://127.0.0.1:{free_port()}"
    sender = run("prometheus", "--enable-feature=agent", f"--config.file={folder}/prometheus.yml",
                 f"--storage.agent.path={folder}/sender", f"--web.listen-address={url.removeprefix('http://')}")
    await_answer(f"{url}/-/ready")
    time.sleep(seconds)
    configure(config)  # no more scrapes; what is on its way is sent
    sender.send_signal(signal.SIGHUP)
    for _ in range(30):
        time.sleep(2)
        if not any(sender_counts(url, "pending")):
            break
    sent, lost = sender_counts(url, "total"), sender_counts(url, "failed_total") + sender_counts(url, "dropped_total")
    sender.terminate()
    sender.wait(60)
    if any(lost) or len(sent) != len(servers):
        raise SystemExit(f"the sender lost samples: {lost}; it sent {sent}")
    return sent


def together(measure):
    found = {name: [] for name in SERVERS}
    for number in range(1, ROUNDS + 1):
        servers = [Server(name, f"{WORK}/{name}-{number}") for name in SERVERS]
        try:
            for server, figures in zip(servers, measure(servers, f"{WORK}/{servers[0].name}-{number}")):
                note(number, server.name, figures, found)
        finally:
            stop_others()
            for server in servers:
                server.stop()
                shutil.rmtree(server.data, ignore_errors=True)
    return medians(found)


def cost_of(servers, sent, before):
    """What was sent is settled and compacted first."""
    figures = []
    for server, samples, cpu in zip(servers, sent, before):
        server.settle()
        server.compact()
        spent = server.cpu() - cpu
        figures.append({"samples": samples, "CPU s": spent, "samples/CPU-s": samples / spent, "B/sample": server.disk() / samples})
    return figures


def sender(targets="100", seconds="60"):
    port = free_port()
    pages = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scrape-pages.py")

    def measure(servers, folder):
        run("/usr/bin/python3", pages, GENERATORS, "serve", str(port), targets)
        await_answer(f"http://127.0.0.1:{port}/t0/metrics")
        jobs = "".join(f"- {{job_name: t{t}, metrics_path: /t{t}/metrics, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n"
                       for t in range(int(targets)))
        before = [server.cpu() for server in servers]
        return cost_of(servers, send_to(servers, folder, 1, float(seconds), jobs), before)

    found = together(measure)
    if len(found) == 2:
        row(f"remote write by Prometheus, {int(targets) * gen.PER} series, 4 shards", found["flyball"]["samples/CPU-s"],
            found["vm"]["samples/CPU-s"], 1.5, "samples/CPU-s", less=False)


def exporters(seconds="300", step="5"):
    def measure(servers, folder):
        jobs = "".join(f"- {{job_name: {name}, static_configs: [{{targets: ['{address}']}}]}}\n" for name, address in watched(folder, seconds))
        before = [server.cpu() for server in servers]
        return cost_of(servers, send_to(servers, folder, int(step), float(seconds), jobs), before)

    found = together(measure)
    if len(found) == 2:
        row(f"disk, exporters of node, postgres, redis, {seconds} s at {step} s", found["flyball"]["B/sample"],
            found["vm"]["B/sample"], 1.0, "B/sample")


def watched(folder, seconds):
    """Starts services under a steady load and their exporters."""
    redis, postgres = free_port(), free_port()
    run("redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    cluster = f"{folder}/postgres"
    os.makedirs(cluster)
    shutil.chown(cluster, "postgres")
    # The cluster belongs to its own user, who must get through the folders above.
    as_postgres = ["runuser", "-u", "postgres", "--"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "cwd": "/"}
    subprocess.run([*as_postgres, f"{programs}/initdb", "-A", "trust", "-D", cluster], **quiet)
    run(*as_postgres, f"{programs}/postgres", "-D", cluster, "-p", str(postgres), "-h", "127.0.0.1", "-k", cluster, cwd="/")
    user = ["-h", "127.0.0.1", "-p", str(postgres), "-U", "postgres"]
    for _ in range(100):
        if subprocess.run([f"{programs}/pg_isready", *user], stdout=subprocess.DEVNULL, check=False).returncode == 0:
            break
        time.sleep(0.1)
    subprocess.run([f"{programs}/pgbench", "-i", "-s", "2", *user, "postgres"], **quiet)
    run(f"{programs}/pgbench", "-c", "4", "-R", "40", "-T", seconds, *user, "postgres")
    threading.Thread(target=load_redis, args=(redis, float(seconds)), daemon=True).start()
    addresses = {name: f"127.0.0.1:{free_port()}" for name in ("node", "postgres", "redis")}
    run("prometheus-node-exporter", f"--web.listen-address={addresses['node']}")
    run("prometheus-redis-exporter", f"-web.listen-address={addresses['redis']}", f"-redis.addr=redis://127.0.0.1:{redis}")
    source = f"postgresql://postgres@127.0.0.1:{postgres}/postgres?sslmode=disable"
    run("prometheus-postgres-exporter", f"--web.listen-address={addresses['postgres']}", env={**os.environ, "DATA_SOURCE_NAME": source})
    for address in addresses.values():
        await_answer(f"http://{address}/metrics")
    return addresses.items()


def load_redis(port, seconds):
    """About 150 commands a second."""
    chance, end = np.random.default_rng(1), time.time() + seconds
    with socket.create_connection(("127.0.0.1", port)) as redis:
        while time.time() < end:
            key, size = chance.integers(0, 5000), chance.integers(10, 2000)
            redis.sendall(f"SET k{key} {'x' * size} EX 60\r\nGET k{key}\r\nINCR n{key % 50}\r\n".encode())
            redis.recv(1 << 16)
            time.sleep(0.02)


ROWS = {"memory": memory, "names": names, "hourly": hourly, "restart": restart, "sender": sender, "exporters": exporters}

if __name__ == "__main__":
    os.makedirs(WORK, exist_ok=True)
    ROWS[sys.argv[3]](*sys.argv[4:])
