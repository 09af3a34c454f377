#!/usr/bin/env python3
"""Samples per CPU second of each way to push, beside VictoriaMetrics where it takes the same; FLYBALL_BIN names the binary.

  push-bench.py WORKDIR [SERIES ROWS]

Each way gets a server with an empty directory and the same counters: SERIES series, ROWS rows at 1 s, requests of at most
2000 samples one after another. CPU is user plus system time of the server from the first byte until everything was counted by
a query. StatsD is aggregated: its samples are the lines taken, at the pace at which none was lost.
"""
import gzip
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import grpc
import snappy

WORK = sys.argv[1]
SERIES, ROWS = (int(word) for word in sys.argv[2:4]) if len(sys.argv) > 3 else (2000, 300)
# A push holds a series once.
BATCH = min(2000, SERIES)
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, body=None, headers=None, method=None):
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


class Server:
    """A server with an empty data directory and all its listeners."""

    def __init__(self, name, folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.name, self.url = name, f"http://127.0.0.1:{free_port()}"
        self.grpc, self.statsd, self.graphite = (free_port() for _ in range(3))
        address = self.url.removeprefix("http://")
        if name == "flyball":
            with open(f"{folder}/flyball.yml", "w") as file:
                file.write("collect: {host: {enabled: false}}\ndefault_rules: false\nreceive:\n"
                           f"  statsd: {{listen_udp: '127.0.0.1:{self.statsd}', listen_tcp: ''}}\n"
                           f"  graphite: {{listen_udp: '', listen_tcp: '127.0.0.1:{self.graphite}'}}\n")
            words = [os.environ["FLYBALL_BIN"], f"--config.file={folder}/flyball.yml",
                     f"--storage.path={folder}/data", f"--web.listen-address={address}",
                     f"--otlp.grpc-listen-address=127.0.0.1:{self.grpc}", "--otlp.http-listen-address="]
        else:
            words = ["victoria-metrics", f"-storageDataPath={folder}/data", f"-httpListenAddr={address}",
                     f"-graphiteListenAddr=127.0.0.1:{self.graphite}", "-retentionPeriod=1"]
        self.process = subprocess.Popen(words, stdout=open(f"{folder}/log", "wb"), stderr=subprocess.STDOUT)
        for _ in range(600):
            try:
                fetch(self.url + ("/-/ready" if name == "flyball" else "/health"))
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"{name} does not start, see {folder}/log")

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def ask(self, query):
        if self.name == "vm":
            fetch(self.url + "/internal/force_flush")
        url = f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": query, "nocache": 1})
        result = json.loads(fetch(url))["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, body):
    body = body.encode() if isinstance(body, str) else body
    return varint(number << 3 | 2) + varint(len(body)) + body


def whole(number, value):
    return varint(number << 3) + varint(value)


def double(number, value):
    return varint(number << 3 | 1) + struct.pack("<d", value)


def labels(series):
    return [("__name__", "push_total"), ("instance", f"host-{series % 20}"), ("job", "bench"), ("part", f"p{series:05}")]


def rows(begin_ms):
    """Batches of (series, time, value)."""
    batch = []
    for row in range(ROWS):
        for series in range(SERIES):
            batch.append((series, begin_ms + row * 1000, float(row * (series % 7 + 1))))
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def remote_write_1(batch):
    pair = lambda name, value: field(1, field(1, name) + field(2, value))
    one = lambda s, t, v: field(1, b"".join(pair(*p) for p in labels(s)) + field(2, double(1, v) + whole(2, t)))
    return snappy.compress(b"".join(one(*sample) for sample in batch))


def remote_write_2(batch):
    symbols, known = [""], {"": 0}
    def symbol(text):
        if text not in known:
            known[text] = len(symbols)
            symbols.append(text)
        return varint(known[text])
    def one(s, t, v):
        refs = b"".join(symbol(text) for pair in labels(s) for text in pair)
        return field(5, field(1, refs) + field(2, double(1, v) + whole(2, t)))
    series = b"".join(one(*sample) for sample in batch)
    return snappy.compress(b"".join(field(4, text) for text in symbols) + series)


def otlp(batch):
    def attribute(name, value):
        return field(7, field(1, name) + field(2, field(1, value)))
    def point(s, t, v):
        time = varint(3 << 3 | 1) + struct.pack("<Q", t * 1_000_000)
        value = varint(4 << 3 | 1) + struct.pack("<d", v)
        return field(1, time + value + attribute("part", f"p{s:05}") + attribute("host", f"host-{s % 20}"))
    points = b"".join(point(*sample) for sample in batch) + whole(2, 2) + whole(3, 1)
    metric = field(1, "push") + field(7, points)
    resource = field(1, field(1, field(1, "service.name") + field(2, field(1, "bench"))))
    return field(1, resource + field(2, field(2, metric)))


def influx(batch):
    return "".join(f"push,instance=host-{s % 20},job=bench,part=p{s:05} total={v} {t}000000\n" for s, t, v in batch).encode()


def pushgateway(batch):
    return "".join(f'push_total{{part="p{s:05}"}} {v}\n' for s, t, v in batch).encode()


def graphite(batch):
    return "".join(f"push_total;instance=host-{s % 20};job=bench;part=p{s:05} {v} {t / 1000}\n" for s, t, v in batch).encode()


def statsd(batch):
    return [f"push_total:1|c|#instance:host-{s % 20},part:p{s:05}" for s, t, v in batch]


def post(path, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda server, body: fetch(server.url + path, body, headers)


SNAPPY = {"content_encoding": "snappy"}
PROTOBUF = "application/x-protobuf"
WAYS = {
    "remote write 1.0": (remote_write_1, post("/api/v1/write", content_type=PROTOBUF, **SNAPPY), True),
    "remote write 2.0": (remote_write_2, post("/api/v1/write", content_type=PROTOBUF + ";proto=io.prometheus.write.v2.Request", **SNAPPY), False),
    "OTLP HTTP": (otlp, post("/v1/metrics", content_type=PROTOBUF), False),
    "OTLP HTTP gzip": (lambda b: gzip.compress(otlp(b), 1), post("/v1/metrics", content_type=PROTOBUF, content_encoding="gzip"), False),
    "OTLP gRPC": (otlp, "grpc", False),
    "Influx": (influx, post("/write"), True),
    "Pushgateway": (pushgateway, lambda server, body: fetch(server.url + "/metrics/job/bench", body, {"content-type": "text/plain"}, "PUT"), False),
    "Graphite": (graphite, "tcp", True),
    "StatsD": (statsd, "udp", False),
}


def sender(server, how):
    if how == "grpc":
        channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc}")
        path = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        return channel.unary_unary(path, bytes, bytes)
    if how == "tcp":
        stream = socket.create_connection(("127.0.0.1", server.graphite))
        return stream.sendall
    if how == "udp":
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        def send(lines):
            for at in range(0, len(lines), 25):
                out.sendto("\n".join(lines[at:at + 25]).encode(), ("127.0.0.1", server.statsd))
                time.sleep(0.0003)
        return send
    return lambda body: how(server, body)


def measure(name, server):
    make, how, _ = WAYS[name]
    total = SERIES * ROWS
    begin_ms = int(time.time() * 1000) - (ROWS + 5) * 1000
    bodies = [make(batch) for batch in rows(begin_ms)]
    send, before, wall = sender(server, how), server.cpu(), time.time()
    for body in bodies:
        send(body)
    if name == "StatsD":
        query, wanted = "flyball_statsd_samples_total", total
    elif name == "Pushgateway":
        query, wanted = 'sum(flyball_push_samples_stored_total)', total
    else:
        query, wanted = f'sum(count_over_time({{__name__=~"push.*"}}[{ROWS + 600}s]))', total
    found, until = 0.0, time.time() + 30
    # What a server tells of itself comes with its next scrape of itself.
    while found < wanted and time.time() < until:
        time.sleep(0.5)
        found = server.ask(query)
    cpu = server.cpu() - before
    lost = "" if found >= wanted else f"   ({found:.0f} of {wanted} found)"
    print(f"{name:18} {server.name:8} {found / cpu / 1000:9.0f} k samples/CPU s   {time.time() - wall:6.1f} s wall{lost}", flush=True)


print(f"{SERIES} series, {ROWS} rows, {SERIES * ROWS} samples")
for name, (_, _, beside) in WAYS.items():
    for which in ["flyball"] + (["vm"] if beside and shutil.which("victoria-metrics") else []):
        server = Server(which, f"{WORK}/{name.replace(' ', '-')}-{which}")
        try:
            measure(name, server)
        finally:
            server.stop()
