#!/usr/bin/env python3
"""Cost of scheduled probes: CPU of the server process while it probes local targets.

probe-bench.py FLYBALL WORK [TARGETS] [SECONDS]

80 % plain HTTP, 10 % TLS, 10 % TCP, each every 30 s; every target has an address of its own in
127.0.0.0/8, so none is resolved. nginx answers. One target in a hundred of those by TCP never answers.
"""
import os, pathlib, signal, socket, subprocess, sys, time, urllib.request

binary, work = sys.argv[1], pathlib.Path(sys.argv[2])
count = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 90
work.mkdir(parents=True, exist_ok=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


plain, tls, web = free_port(), free_port(), free_port()
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
     "-keyout", work / "key.pem", "-out", work / "cert.pem", "-days", "90", "-subj", "/CN=bench"],
    check=True, capture_output=True)
temporary = "".join(f"{name}_temp_path {work}/{name};" for name in
                    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
(work / "nginx.conf").write_text(
    f"user root;\nworker_processes 1;\npid {work}/pid;\nevents {{ worker_connections 4096; }}\n"
    f"http {{ access_log off; {temporary}\n"
    f"ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem;\n"
    f"server {{ listen 0.0.0.0:{plain}; listen 0.0.0.0:{tls} ssl; return 200 'all is well\\n'; }} }}\n")
nginx = subprocess.Popen(["nginx", "-g", "daemon off; master_process off;", "-e", "stderr",
                          "-p", work, "-c", work / "nginx.conf"], stderr=open(work / "nginx.log", "w"))
# A listener whose backlog is never taken: it connects and says nothing.
silent = socket.socket()
silent.bind(("0.0.0.0", 0))
silent.listen(4096)
mute = silent.getsockname()[1]


def address(n):
    return f"127.{1 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}"


http = [f"http://{address(n)}:{plain}/" for n in range(count * 8 // 10)]
secure = [f"{address(n)}:{tls}" for n in range(count // 10)]
stuck = max(1, count // 1000)
tcp = [f"{address(n)}:{plain}" for n in range(count // 10 - stuck)]
(work / "blackbox.yml").write_text(
    "modules:\n  http: {prober: http, http: {preferred_ip_protocol: ip4}}\n"
    "  tls: {prober: tcp, tcp: {tls: true, tls_config: {insecure_skip_verify: true}}}\n"
    "  tcp: {prober: tcp}\n"
    "  hangs: {prober: tcp, tcp: {query_response: [{expect: never}]}}\n")
jobs = [("http", http), ("tls", secure), ("tcp", tcp),
        ("hangs", [f"{address(n)}:{mute}" for n in range(stuck)])]
text = "blackbox: blackbox.yml\ncollect: {host: {enabled: false}}\nprobes:\n"
for name, targets in jobs:
    text += f"- {{name: {name}, module: {name}, interval: 30s, targets: [{', '.join(repr(t) for t in targets)}]}}\n"
(work / "flyball.yml").write_text(text)
command = [binary, "serve", f"--config.file={work}/flyball.yml", f"--storage.path={work}/data-{os.getpid()}",
           f"--web.listen-address=127.0.0.1:{web}", "--log.level=warn"]
server = subprocess.Popen(command, stderr=open(work / "flyball.log", "w"))


def cpu():
    fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory():
    for line in pathlib.Path(f"/proc/{server.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) / 1024


def ask(expression):
    import json, urllib.parse
    url = f"http://127.0.0.1:{web}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    result = json.load(urllib.request.urlopen(url, timeout=60))["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0


try:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{web}/-/ready", timeout=1)
            break
        except OSError:
            if server.poll() is not None:
                sys.exit((work / "flyball.log").read_text())
            time.sleep(0.2)
    time.sleep(35)
    begun, before = time.monotonic(), cpu()
    time.sleep(seconds)
    spent, elapsed = cpu() - before, time.monotonic() - begun
    healthy = ask('sum(probe_success)')
    made = ask(f'sum(count_over_time(probe_success[{int(elapsed)}s]))')
    late = ask('max(probe_duration_seconds{job!="hangs"})')
    print(f"{count} probes at 30 s, {stuck} of them stuck: {spent / elapsed:.3f} cores, "
          f"{1000 * spent / max(made, 1):.3f} ms a probe, {memory():.0f} MiB anonymous memory")
    print(f"{made:.0f} probes in {elapsed:.0f} s (expected {count * elapsed / 30:.0f}), {healthy:.0f} well, "
          f"the slowest of those that answer {late:.3f} s")
finally:
    server.send_signal(signal.SIGTERM)
    nginx.send_signal(signal.SIGTERM)
    server.wait(30)
