#!/usr/bin/env python3
"""Alerts beside Alertmanager: python3 alerts-bench.py WORKDIR [ALERTS] [ROUNDS]

Each server gets new alerts in batches of 200, then the same five times more (renewals, as a Prometheus sends
them), while a webhook takes what it is told. Prints alerts per CPU second of the server, its resident memory, the time of GET /api/v2/alerts
and the time from the first alert to the webhook beyond the group wait. FLYBALL_BIN names the binary.
"""
import http.server
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

WORK = sys.argv[1]
ALERTS = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
BATCH, GROUP_WAIT_S, SINK_PORT = 200, 2.0, 19787
PORTS = {"alertmanager": 19793, "flyball": 19788}
heard = []


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        heard.append(time.time())
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def batches():
    def alert(number):
        labels = {"alertname": f"Alert{number % 100}", "instance": f"host-{number}:9100", "job": "node",
                  "severity": "page", "team": f"team-{number % 7}", "cluster": "eu-1"}
        texts = {"summary": f"host-{number} is in trouble", "description": "something is wrong " * 5}
        return {"labels": labels, "annotations": texts, "generatorURL": "http://prometheus/graph?g0.expr=up"}
    all_alerts = [alert(number) for number in range(ALERTS)]
    return [json.dumps(all_alerts[at:at + BATCH]).encode() for at in range(0, ALERTS, BATCH)]


def command(server, folder):
    route = f"route: {{receiver: sink, group_by: [alertname], group_wait: {int(GROUP_WAIT_S)}s, group_interval: 5m}}\n"
    sink = f"receivers: [{{name: sink, webhook_configs: [{{url: 'http://127.0.0.1:{SINK_PORT}/', max_alerts: 10}}]}}]\n"
    with open(f"{folder}/alertmanager.yml", "w", encoding="utf-8") as file:
        file.write(route + sink)
    address = f"--web.listen-address=127.0.0.1:{PORTS[server]}"
    if server == "alertmanager":
        return ["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml",
                f"--storage.path={folder}/data", address, "--cluster.listen-address="]
    with open(f"{folder}/flyball.yml", "w", encoding="utf-8") as file:
        file.write("version: 1\nalertmanager: alertmanager.yml\ndefault_rules: false\ncollect: {host: {enabled: false}}\n")
    return [os.environ["FLYBALL_BIN"], f"--config.file={folder}/flyball.yml", f"--storage.path={folder}/data", address]


def ask(server, path, body=None):
    url = f"http://127.0.0.1:{PORTS[server]}{path}"
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def best_of_five(server, path):
    times = []
    for _ in range(5):
        start = time.time()
        size = len(ask(server, path))
        times.append(time.time() - start)
    return min(times), size


def measure(server, folder):
    os.makedirs(folder)
    with open(f"{folder}/log", "wb") as log:
        process = subprocess.Popen(command(server, folder), stdout=log, stderr=log, cwd=folder)
    try:
        deadline = time.time() + 30
        while True:
            try:
                ask(server, "/-/ready")
                break
            except OSError:
                if time.time() > deadline:
                    raise
                time.sleep(0.05)
        all_batches = batches()
        heard.clear()
        before = started = cpu_s(process.pid)
        began = time.time()
        for body in all_batches:
            ask(server, "/api/v2/alerts", body)
        time.sleep(GROUP_WAIT_S + 2)
        new = ALERTS / (cpu_s(process.pid) - before)
        latency = heard[0] - began - GROUP_WAIT_S
        before = cpu_s(process.pid)
        for _ in range(5):
            for body in all_batches:
                ask(server, "/api/v2/alerts", body)
        renewed = 5 * ALERTS / (cpu_s(process.pid) - before)
        both = 6 * ALERTS / (cpu_s(process.pid) - started)
        rss = rss_mib(process.pid)
        # Alertmanager knows no pages: it gives all of them.
        page, _ = best_of_five(server, "/api/v2/alerts?limit=100")
        whole, size = best_of_five(server, "/api/v2/alerts")
        return {"new alerts per CPU-s": new, "renewed alerts per CPU-s": renewed,
                "both, alerts per CPU-s": both, "RSS MiB": rss,
                "first page of GET /api/v2/alerts ms": 1000 * page,
                "GET /api/v2/alerts ms": 1000 * whole, "answer MB": size / 1e6,
                "fire to webhook beyond group_wait ms": 1000 * latency, "messages": len(heard),
                "RSS after listing MiB": rss_mib(process.pid)}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def main():
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", SINK_PORT), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    figures = {server: [] for server in PORTS}
    for number in range(ROUNDS):
        for server, rounds in figures.items():
            rounds.append(measure(server, f"{WORK}/{server}-{number}"))
    print(f"{ALERTS} alerts, medians of {ROUNDS} rounds")
    print(f"{'':40}" + "".join(f"{server:>16}" for server in figures))
    for name in figures["flyball"][0]:
        medians = [statistics.median(round[name] for round in rounds) for rounds in figures.values()]
        print(f"{name:40}" + "".join(f"{median:16.1f}" for median in medians))


main()
