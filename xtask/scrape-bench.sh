#!/usr/bin/env bash
# Scrape path beside Prometheus: bash scrape-bench.sh GENERATORS WORKDIR [TARGETS SECONDS]
# Serves TARGETS pages of 504 series on loopback, lets each server scrape them at 1 s, prints CPU per sample.
set -euo pipefail
generators=$1; work=$2; targets=${3:-20}; seconds=${4:-30}
python=/usr/bin/python3; port=19777
rm -rf "$work"; mkdir -p "$work"
"$python" "$generators/scrape_bench.py" serve --port $port --targets "$targets" >"$work/serve.log" 2>&1 &
pages=$!; trap 'kill $pages 2>/dev/null || true' EXIT
for _ in $(seq 100); do curl -fs -o /dev/null "http://127.0.0.1:$port/t0/metrics" && break; sleep .1; done
{
  printf 'global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n'
  for t in $(seq 0 $((targets - 1))); do
    printf -- '- job_name: t%s\n  metrics_path: /t%s/metrics\n  static_configs:\n  - targets: ["127.0.0.1:%s"]\n' "$t" "$t" $port
  done
} >"$work/prometheus.yml"
measure() { # name, pid
  sleep 10
  printf '%s ' "$1"; "$python" "$generators/scrape_bench.py" measure --pid "$2" --targets "$targets" --interval 1 --secs "$seconds"
  kill "$2"; wait "$2" 2>/dev/null || true
}
for round in $(seq "${FLYBALL_BENCH_ROUNDS:-3}"); do
  prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prom-$round" \
    --web.listen-address=127.0.0.1:19090 >"$work/prom.log" 2>&1 &
  measure prometheus $!
  "$FLYBALL_BIN" serve --config.file="$work/prometheus.yml" --storage.path="$work/flyball-$round" \
    --web.listen-address=127.0.0.1:11788 >"$work/flyball.log" 2>&1 &
  measure flyball $!
done
