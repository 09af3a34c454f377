#!/usr/bin/env bash
# Scrape path beside Prometheus and VictoriaMetrics: bash scrape-bench.sh GENERATORS WORKDIR [TARGETS SECONDS]
# Serves TARGETS pages of 504 series on loopback, each new, with HELP and TYPE; lets each server scrape
# them at 1 s; prints CPU seconds, samples found stored afterwards, and resident memory.
# FLYBALL_BENCH_SERVERS and FLYBALL_BENCH_ROUNDS choose; FLYBALL_BENCH_PAGES=gzip compresses pages.
set -euo pipefail
generators=$1; work=$2; targets=${3:-200}; seconds=${4:-120}
python=/usr/bin/python3; port=19777
pages="$(cd "$(dirname "$0")" && pwd)/scrape-pages.py"
rm -rf "$work"; mkdir -p "$work"
"$python" "$pages" "$generators" serve $port "$targets" ${FLYBALL_BENCH_PAGES:-} >"$work/serve.log" 2>&1 &
serving=$!; trap 'kill $serving 2>/dev/null || true' EXIT
for _ in $(seq 300); do curl -fs -o /dev/null "http://127.0.0.1:$port/t0/metrics" && break; sleep .1; done
{
  printf 'global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n'
  for t in $(seq 0 $((targets - 1))); do
    printf -- '- job_name: t%s\n  metrics_path: /t%s/metrics\n  static_configs:\n  - targets: ["127.0.0.1:%s"]\n' "$t" "$t" $port
  done
} >"$work/prometheus.yml"
start() { # server, data directory
  case $1 in
    prom) prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$2" \
      --web.listen-address=127.0.0.1:19090 >"$work/$1.log" 2>&1 & url=http://127.0.0.1:19090 ;;
    vm) victoria-metrics -promscrape.config="$work/prometheus.yml" -storageDataPath="$2" -search.latencyOffset=0s \
      -httpListenAddr=127.0.0.1:18428 -search.maxUniqueTimeseries=1000000 >"$work/$1.log" 2>&1 & url=http://127.0.0.1:18428 ;;
    flyball) "$FLYBALL_BIN" serve --config.file="$work/prometheus.yml" --storage.path="$2" \
      --web.listen-address=127.0.0.1:11788 >"$work/$1.log" 2>&1 & url=http://127.0.0.1:11788 ;;
  esac
  server=$!
}
for round in $(seq "${FLYBALL_BENCH_ROUNDS:-3}"); do
  for name in ${FLYBALL_BENCH_SERVERS:-prom vm flyball}; do
    start "$name" "$work/$name-$round"
    sleep 10
    printf '%-8s' "$name"
    "$python" "$pages" "$generators" measure $server $url "$seconds"
    kill $server; wait $server 2>/dev/null || true
  done
done
