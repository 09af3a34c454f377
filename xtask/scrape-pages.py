#!/usr/bin/env python3
"""The scrape path of a server, measured: pages to scrape, CPU seconds and stored samples.

  scrape-pages.py GENERATORS serve PORT TARGETS          pages of /tN/metrics on loopback
  scrape-pages.py GENERATORS measure PID URL SECONDS     one line of figures

Every page is new: all values go on with each step of the generator, which a page takes when its
target asks again. HELP and TYPE stand before every family, as client libraries write them.
"""

import gzip
import json
import sys
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KINDS = {"bucket": "histogram", "sum": "histogram", "count": "histogram", "total": "counter"}


class Pages:
    """One template a target; the values of a step are written by whoever asks for it first."""

    def __init__(self, gen, per, targets):
        self.gen, self.per = gen, per
        self.templates = [self.template(t) for t in range(targets)]
        self.asked = [0] * targets
        self.steps, self.first, self.lock = [], 0, threading.Lock()

    def template(self, target):
        families = {}
        for i in range(target * self.per, (target + 1) * self.per):
            labels = dict(self.gen.labels(i))
            name = labels.pop("__name__")
            suffix = name.rsplit("_", 1)[-1]
            kind = KINDS.get(suffix, "gauge")
            family = name[: -len(suffix) - 1] if kind == "histogram" else name
            own = ((k, v) for k, v in labels.items() if k not in ("instance", "job"))
            line = "%s{%s} %%s\n" % (name, ",".join('%s="%s"' % pair for pair in own))
            families.setdefault((family, kind), []).append((i, line))
        lines, self.order = [], []
        for (family, kind), members in families.items():
            lines.append("# HELP %s What %s is about.\n# TYPE %s %s\n" % (family, family, family, kind))
            lines += [line for _, line in members]
            self.order += [i - target * self.per for i, _ in members]
        return "".join(lines)

    def page(self, target):
        with self.lock:
            step = self.asked[target] = max(self.asked[target], self.first) + 1
            while self.first + len(self.steps) < step:
                values = self.gen.step_values().reshape(-1, self.per)[:, self.order].tolist()
                self.steps.append(values)
            if len(self.steps) > 4:
                self.steps.pop(0)
                self.first += 1
                step = max(step, self.first + 1)
            values = self.steps[step - 1 - self.first][target]
        return (self.templates[target] % tuple(map(repr, values))).encode()


def serve(generators, port, targets):
    sys.path.insert(0, generators)
    from gen import PER, Gen

    pages = Pages(Gen(targets, step_s=1), PER, targets)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body leave together

        def do_GET(self):
            body = pages.page(int(self.path.split("/")[1][1:]))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            if COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, 1)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 1024

    print("page bytes", len(pages.page(0)), "series", PER, flush=True)
    Server(("127.0.0.1", port), Handler).serve_forever()


def ask(url, query, at):
    words = urllib.parse.urlencode({"query": query, "time": "%.3f" % at})
    with urllib.request.urlopen(url + "/api/v1/query?" + words) as answer:
        result = json.load(answer)["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0


def stored(url, since, until):
    """Samples of the pages that were stored from this time, and series that a query finds."""
    kept = "sum(sum_over_time(scrape_samples_post_metric_relabeling{job=~\"t.+\"}[%dms]))"
    samples = ask(url, kept % round((until - since) * 1000), until)
    return samples, ask(url, "count({job=~\"t.+\",pod!=\"\"})", until)


def measure(generators, pid, url, seconds):
    sys.path.insert(0, generators)
    from bench import cpu, mem

    began, cpu_before = time.time(), cpu(pid)
    time.sleep(seconds)
    cpu_s, ended = cpu(pid) - cpu_before, time.time()
    memory = mem(pid)
    time.sleep(2)
    samples, series = stored(url, began, ended)
    print("cpu_s %.2f samples %.0f series %.0f samples_per_cpu_s %.0f %s"
          % (cpu_s, samples, series, samples / cpu_s, memory), flush=True)


if __name__ == "__main__":
    COMPRESSED = "gzip" in sys.argv[5:]
    generators, verb, *rest = sys.argv[1:5]
    if verb == "serve":
        serve(generators, int(rest[0]), int(rest[1]))
    else:
        measure(generators, int(rest[0]), rest[1], float(sys.argv[5]))
