// What the server says about itself: version, uptime, storage, its parts, where the series are.

import { every, get } from "./api.js";
import { ago, badge, duration, format, h, link, panel, problem, skeleton, swap, timestamp } from "./dom.js";

const isKnown = ([, value]) => value != null && value !== "";
const list = (title, pairs) => panel(title, null, h("dl", {},
  pairs.filter(isKnown).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));

function top(title, entries, href) {
  const most = Math.max(1, ...entries.map(({ value }) => value));
  return panel(title, null, entries.length ? h("ul", { class: "tops" }, entries.map(({ name, value }) => {
      const bar = h("i", {});
      bar.style.width = `${(100 * value) / most}%`;
      return h("li", {}, bar, href ? link(href(name), name) : h("span", {}, name), h("b", {}, format(value)));
    })) : h("p", { class: "about" }, "Nothing stored yet."));
}

const query = (name) => {
  const expr = `count by (job) ({__name__=${JSON.stringify(name)}})`;
  return `#query?${new URLSearchParams({ expr })}`;
};
const time = (ms) => (Number.isFinite(ms) && ms > 0 ? timestamp(ms / 1000) : null);

function draw({ runtime, build, tsdb, own }) {
  const head = tsdb?.headStats ?? {};
  const storage = own?.storage;
  const parts = own?.health?.components ?? [];
  const isOk = !storage || storage.state === "ok";
  return [h("h2", { class: "title" }, "Status"), h("div", { class: "board" },
    list("Server", [
      ["Version", own ? `Flyball ${own.version}` : build.version], ["Commit", own?.revision ?? build.revision],
      ["Up for", own ? duration(own.uptimeSeconds) : ago(runtime.startTime)], ["Host", runtime.hostname],
      ["Signed in as", own?.user], ["API", `compatible with Prometheus ${build.version}`],
      ["Configuration", own ? (own.configFile ?? "none needed") : null],
      ["Last reload", runtime.reloadConfigSuccess ? ago(runtime.lastConfigTime) : badge("firing", "failed")],
    ]),
    list("Storage", [
      ["State", storage ? badge(isOk ? "up" : "firing", storage.state) : null], ["Data directory", own?.dataDir],
      ["On disk", storage ? format(storage.sizeBytes, "bytes") : null],
      ["Disk free", storage ? format(storage.diskFreeBytes, "bytes") : null],
      ["Retention", runtime.storageRetention],
      ["Series in memory", format(storage?.series ?? head.numSeries ?? runtime.timeSeriesCount)],
      ["Label pairs", format(head.numLabelPairs)],
      ["Samples accepted", storage ? format(storage.samplesAccepted) : null],
      ["Oldest in memory", time(head.minTime)], ["Newest in memory", time(head.maxTime)],
      ["Damaged places", runtime.corruptionCount ? badge("firing", String(runtime.corruptionCount)) : "none"],
    ]),
    parts.length ? list("Parts", parts.map(({ name, healthy, message, restarts }) => [name, h("span", {},
      badge(healthy ? "up" : "firing", healthy ? "works" : "fails"), ` ${message ?? ""}`,
      restarts ? ` (restarts: ${restarts})` : "")])) : null,
    top("Metrics with the most series", tsdb?.seriesCountByMetricName ?? [], query),
    top("Labels with the most values", tsdb?.labelValueCountByLabelName ?? []))];
}

export function mount(main, { signal, isPaused }) {
  const [trouble, body] = [h("div", {}), h("div", {}, skeleton())];
  main.replaceChildren(trouble, body);
  every(5, signal, async () => {
    const optional = (path) => get(path, null, { signal }).catch((error) => {
      if (error.offline || signal.aborted) throw error;
    });
    try {
      const [runtime, build, tsdb, own] = await Promise.all([
        get("api/v1/status/runtimeinfo", null, { signal }), get("api/v1/status/buildinfo", null, { signal }),
        optional("api/v1/status/tsdb"), optional("api/flyball/v1/status"),
      ]);
      swap(trouble);
      swap(body, draw({ runtime, build, tsdb, own }));
    } catch (error) {
      if (signal.aborted) return;
      if (!error.offline) swap(trouble, problem(error));
      throw error;
    }
  }, isPaused);
}
