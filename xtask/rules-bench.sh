#!/usr/bin/env bash
# Rule evaluation beside Prometheus: bash rules-bench.sh RULES PAGES WORKDIR [SECONDS]
# Each server scrapes the saved pages every 15 s and evaluates all rule files every 5 s; the same without
# rules is taken off. Prints CPU milliseconds of one evaluation of all rules.
set -euo pipefail
rules=$1; pages=$2; work=$3; seconds=${4:-60}
python=/usr/bin/python3; port=19778; evaluation=5
rm -rf "$work"; mkdir -p "$work/site"
cp "$pages"/*.txt "$work/site/"
"$python" -m http.server --bind 127.0.0.1 --directory "$work/site" $port >"$work/serve.log" 2>&1 &
site=$!; trap 'kill $site 2>/dev/null || true' EXIT
for _ in $(seq 100); do curl -fs -o /dev/null "http://127.0.0.1:$port/" && break; sleep .1; done
configure() { # file, rule files
  {
    printf 'global:\n  scrape_interval: 15s\n  evaluation_interval: %ss\n' $evaluation
    if [ -n "$2" ]; then printf 'rule_files: ["%s/community/*.yml", "%s/kube-prometheus/*.yml"]\n' "$rules" "$rules"; fi
    printf 'scrape_configs:\n'
    for job in node:node_all postgres:postgres redis:redis nginx:nginx blackbox:blackbox_https; do
      printf -- '- job_name: %s\n  metrics_path: /%s.txt\n  static_configs:\n  - targets: ["127.0.0.1:%s"]\n' \
        "${job%%:*}" "${job##*:}" $port
    done
  } >"$1"
}
configure "$work/with.yml" rules
configure "$work/without.yml" ""
ticks() { awk '{print $14 + $15}' "/proc/$1/stat"; }
measure() { # pid; prints CPU milliseconds of the measured time
  sleep 20
  before=$(ticks "$1"); sleep "$seconds"; after=$(ticks "$1")
  kill "$1"; while kill -0 "$1" 2>/dev/null; do sleep .1; done
  echo $(((after - before) * 1000 / $(getconf CLK_TCK)))
}
start() { # server, file, directory
  case $1 in
    prometheus) exec prometheus --config.file="$2" --storage.tsdb.path="$3" --web.listen-address=127.0.0.1:19090 ;;
    flyball) exec "$FLYBALL_BIN" serve --config.file="$2" --storage.path="$3" --web.listen-address=127.0.0.1:11788 ;;
  esac
}
for round in $(seq "${FLYBALL_BENCH_ROUNDS:-3}"); do
  for server in prometheus flyball; do
    for kind in without with; do
      start $server "$work/$kind.yml" "$work/$server-$kind-$round" >"$work/$server-$kind.log" 2>&1 &
      eval "$kind=$(measure $!)"
    done
    # shellcheck disable=SC2154
    echo "round $round $server: $(((with - without) * evaluation / seconds)) ms CPU per evaluation of all rules" \
      "($with ms with rules, $without ms without, in $seconds s)"
  done
done
