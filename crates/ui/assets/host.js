// One host at a glance: six graphs that grow each second, its mounts, its alerts.
// Loads the whole range once, then asks for what is new; old lines stay while anything is missing.

import { every, instant, range } from "./api.js";
import { Chart, legend } from "./chart.js";
import {
  badge, choice, clock, duration, empty, format, h, link, panel, parseDuration, problem, skeleton, swap,
} from "./dom.js";

const RANGES = ["5m", "15m", "1h", "6h"];
const POINTS = 900;
const MODES = ["user", "system", "iowait", "softirq", "irq", "nice", "steal"];
const DISKS = 'device!~"(dm-|md|zram|loop|sr).*"';
const LINKS = 'device!~"(lo|veth.*|docker.*|br-.*|cali.*|flannel.*|virbr.*|ifb.*)"';
const MEMORY = "node_memory_(MemTotal|MemFree|MemAvailable|Buffers|Cached|SReclaimable)_bytes";
const last = (line) => line?.points.at(-1)?.[1];
const named = (lines, name) => lines.find((line) => line.name === name);
const total = (lines) => lines.reduce((sum, line) => sum + (last(line) || 0), 0);

const PANELS = [
  {
    title: "CPU", unit: "percent", stacked: true, max: 100,
    queries: (s, w) => [[`avg by (mode) (rate(node_cpu_seconds_total{${s},mode!="idle"}[${w}])) * 100`, (m) => m.mode]],
    order: MODES, keep: 0.5, headline: (lines) => `${format(total(lines), "percent")} busy`,
  },
  {
    title: "Memory", unit: "bytes", stacked: true,
    queries: (s) => [[`{__name__=~"${MEMORY}",${s}}`, (m) => m.__name__.slice(12, -6)]],
    derive: memory, order: ["used", "cache"], colors: [0, 5], top: (lines) => last(named(lines, "total")),
    headline: (lines, all) => {
      const share = last(named(lines, "used")) / last(named(all, "total"));
      return `${format(100 * share, "percent")} used`;
    },
  },
  {
    title: "Load", unit: "short",
    queries: (s) => [[`{__name__=~"node_load(1|5|15)",${s}}`, (m) => `${m.__name__.slice(9)} min`]],
    order: ["1 min", "5 min", "15 min"], headline: (lines) => format(last(named(lines, "1 min"))),
  },
  {
    title: "Pressure", unit: "percent",
    queries: (s, w) => ["cpu", "memory", "io"].map((what) =>
      [`rate(node_pressure_${what}_waiting_seconds_total{${s}}[${w}]) * 100`, () => what]),
    order: ["cpu", "memory", "io"], note: "tasks waiting",
    headline: (lines) => format(Math.max(...lines.map((line) => last(line) || 0)), "percent"),
  },
  {
    title: "Disks", unit: "bytes/s",
    queries: (s, w) => ["read", "written"].map((what) =>
      [`sum(rate(node_disk_${what}_bytes_total{${s},${DISKS}}[${w}]))`, () => what]),
    order: ["read", "written"], headline: (lines) => format(total(lines), "bytes/s"),
  },
  {
    title: "Network", unit: "bytes/s",
    queries: (s, w) => [["receive", "received"], ["transmit", "sent"]].map(([what, name]) =>
      [`sum(rate(node_network_${what}_bytes_total{${s},${LINKS}}[${w}]))`, () => name]),
    order: ["received", "sent"], headline: (lines) => format(total(lines), "bytes/s"),
  },
];

/** Used, cache and free from the kernel's fields; what is available counts as not used. */
function memory(lines) {
  const field = Object.fromEntries(lines.map((line) => [line.name, new Map(line.points)]));
  if (!field.MemTotal || !field.MemFree) return [];
  const at = (name, t) => field[name]?.get(t) ?? 0;
  const guess = (t) => at("MemFree", t) + at("Buffers", t) + at("Cached", t);
  const used = (t) => at("MemTotal", t) - (field.MemAvailable?.get(t) ?? guess(t));
  const points = (value) => [...field.MemTotal.keys()].map((t) => [t, value(t)]);
  const cache = (t) => Math.max(0, at("MemTotal", t) - used(t) - at("MemFree", t));
  return [["used", used], ["cache", cache], ["total", (t) => at("MemTotal", t)]]
    .map(([name, value]) => ({ name, points: points(value) }));
}

class Panel {
  constructor(spec) {
    this.spec = spec;
    this.lines = new Map();
    this.value = h("strong", {});
    this.legend = h("div", {});
    this.chart = new Chart({ ...spec, label: `${spec.title} over time`, onhover: (at) => this.readout(at) });
    this.element = h("section", { class: "panel loading" },
      h("header", {}, h("h3", {}, spec.title), spec.note ? h("small", {}, spec.note) : null, this.value),
      this.chart.element, this.legend);
  }

  /** Adds the answers of all queries and forgets what is older than `start`. */
  take(answers, start) {
    answers.forEach(({ result }, index) => {
      for (const { metric, values } of result) {
        const name = this.spec.queries("", "")[index][1](metric);
        const points = this.lines.get(name) ?? [];
        const newest = points.at(-1)?.[0] ?? -Infinity;
        for (const [t, value] of values) if (t > newest) points.push([t, Number(value)]);
        this.lines.set(name, points.slice(Math.max(0, points.findIndex(([t]) => t >= start))));
      }
    });
  }

  draw(start, end, step) {
    const raw = [...this.lines].map(([name, points]) => ({ name, points }));
    const lines = this.spec.derive ? this.spec.derive(raw) : raw;
    const { order, colors, keep = -Infinity, top } = this.spec;
    this.shown = order.map((name, index) => ({ ...named(lines, name), name, color: colors?.[index] ?? index }))
      .filter((line, index) => line.points?.length && (index < 2 || line.points.some(([, value]) => value >= keep)));
    this.element.classList.remove("loading");
    this.element.classList.toggle("blank", !this.shown.length);
    this.value.textContent = this.shown.length ? this.spec.headline(this.shown, lines) : "no data";
    if (top) this.chart.options.max = top(lines);
    this.chart.draw({ lines: this.shown, start, end, step });
    this.readout(this.chart.at);
  }

  readout(at) {
    if (!this.shown) return;
    const values = at == null ? null : this.chart.valuesAt(at);
    const value = (line, index) => (values ? values[index]?.value : last(line)) ?? NaN;
    const lines = this.shown.map((line, index) => ({ ...line, value: value(line, index) }));
    this.legend.replaceChildren(legend(lines, this.spec.unit));
  }
}

function mounts(sizes, available) {
  const free = new Map(available.map(({ metric, value }) => [metric.mountpoint, Number(value[1])]));
  const seen = new Set();
  return sizes
    .map(({ metric, value }) => ({ ...metric, size: Number(value[1]), free: free.get(metric.mountpoint) }))
    .filter((m) => m.size > 0 && !/^(tmp|ram)fs$/.test(m.fstype) && !seen.has(m.device) && seen.add(m.device))
    .map((m) => ({ ...m, used: 1 - m.free / m.size }))
    .toSorted((a, b) => b.used - a.used);
}

function mountRows(list) {
  return panel("Filesystems", null, h("ul", { class: "mounts" }, list.map((m) => {
      const share = Math.round(m.used * 100);
      const level = share >= 90 ? "bad" : share >= 80 ? "warn" : "";
      const bar = h("i", { class: level });
      bar.style.width = `${share}%`;
      return h("li", {}, h("code", { title: m.device }, m.mountpoint),
        h("span", { class: "meter", role: "img", "aria-label": `${share} % used` }, bar),
        h("b", {}, `${share} %`), h("span", {}, `${format(m.free, "bytes")} free of ${format(m.size, "bytes")}`));
  })));
}

export function alertStrip(alerts) {
  const count = (state) => alerts.filter((alert) => alert.state === state).length;
  const names = [...new Set(alerts.filter((a) => a.state === "firing").map((a) => a.labels.alertname))];
  return ["firing", "pending"].filter(count).map((state) => h("a", { class: `strip ${state}`, href: "#alerts" },
    badge(state, `${count(state)} ${state}`), state === "firing" ? names.slice(0, 4).join(", ") : ""));
}

async function findHosts(options) {
  const found = await instant("node_load1", options);
  return found.result.map(({ metric }) => metric)
    .toSorted((a, b) => (b.job === "node") - (a.job === "node") || String(a.instance).localeCompare(b.instance));
}

const select = (host) => ["instance", "job"].filter((name) => host[name] != null)
  .map((name) => `${name}=${JSON.stringify(host[name])}`).join(",");

async function facts(selector, options) {
  const ask = (query) => instant(query, options).then((data) => data.result[0], () => undefined);
  const [uname, os, boot, cpus, ram] = await Promise.all([
    ask(`node_uname_info{${selector}}`), ask(`node_os_info{${selector}}`),
    ask(`time() - node_boot_time_seconds{${selector}}`),
    ask(`count(count by (cpu) (node_cpu_seconds_total{${selector}}))`), ask(`node_memory_MemTotal_bytes{${selector}}`),
  ]);
  const cores = Number(cpus?.value[1] ?? 0);
  return {
    name: uname?.metric.nodename,
    list: [
      os?.metric.pretty_name, uname && `Linux ${uname.metric.release}`,
      cores && `${cores} CPU${cores > 1 ? "s" : ""}`, ram && format(Number(ram.value[1]), "bytes"),
      boot && `up ${duration(Number(boot.value[1]))}`,
    ].filter(Boolean),
  };
}

export function mount(main, { params, set, signal, isPaused, onAlerts, governor }) {
  const span = parseDuration(params.get("range")) ?? 900;
  const step = Math.max(1, Math.ceil(span / POINTS));
  const panels = PANELS.map((spec) => new Panel(spec));
  const [strips, filesystems, trouble] = [h("div", { class: "strips" }), h("div", { class: "wide" }), h("div", {})];
  const [title, about] = [h("h2", { class: "title" }, "This host"), h("p", { class: "about" })];
  const controls = h("div", { class: "controls" });
  const board = h("div", { class: "board" }, panels.map((panel) => panel.element), filesystems);
  const hosts = h("select", { "aria-label": "Host", onchange: () => set({ instance: hosts.value }, true) });
  let state;
  main.replaceChildren(skeleton());
  signal.addEventListener("abort", () => panels.forEach((panel) => panel.chart.destroy()));
  onAlerts((alerts) => strips.replaceChildren(...alertStrip(alerts)));

  async function begin() {
    const found = await findHosts({ signal });
    const host = found.find((h) => h.instance === params.get("instance")) ?? found[0];
    if (!host) {
      swap(main, strips, empty("No host metrics yet",
        h("p", {}, "The host collector records this machine every second as ", h("code", {}, 'job="node"'), "."),
        h("p", {}, "It is switched off, not available on this platform, or has just started."),
        h("p", {}, link("#targets", "Look at the targets"), " or ", link("#query", "ask a question"), ".")));
      return;
    }
    const selector = select(host);
    const ask = (query) => instant(query, { signal });
    const samples = `count_over_time(node_load1{${selector}}[1m])`;
    const [count, now] = await Promise.all([ask(samples), ask("time()")]);
    const interval = 60 / Number(count.result[0]?.value[1] ?? 4);
    const window = `${Math.ceil(Math.max(10, 4 * interval, 2 * step))}s`;
    const option = (one) => h("option", { value: one.instance, selected: one === host }, one.instance);
    hosts.replaceChildren(...found.map(option));
    const ranges = RANGES.map((text) => [parseDuration(text), text]);
    const pick = (seconds) => set({ range: ranges.find(([value]) => value === seconds)[1] }, true);
    swap(controls, found.length > 1 ? hosts : null, choice("Range", ranges, span, pick));
    main.replaceChildren(h("div", { class: "head" }, h("div", {}, title, about), controls), strips, trouble, board);
    title.textContent = host.instance ?? "This host";
    // The server's clock counts, not the reader's.
    state = { selector, window, ahead: Number(now.result[1]) - Date.now() / 1000, end: -Infinity };
    every(60, signal, () => facts(selector, { signal }).then((known) => {
      if (known.name) title.textContent = known.name;
      about.textContent = known.list.join(" · ");
    }), isPaused);
    every(10, signal, async () => {
      const space = (name) => ask(`node_filesystem_${name}_bytes{${selector}}`);
      const [size, avail] = await Promise.all([space("size"), space("avail")]);
      const list = mounts(size.result, avail.result);
      swap(filesystems, list.length ? mountRows(list) : null);
    }, isPaused);
  }

  async function refresh() {
    if (!state) await begin();
    if (!state) return;
    const end = Math.floor((Date.now() / 1000 + state.ahead - 1) / step) * step;
    if (end <= state.end) return;
    const start = end - span;
    const from = Math.max(start, state.end + step);
    const work = panels.map(async (panel) => {
      const ask = ([query]) => range(query, from, end, step, { signal, timeout: 10_000 });
      return Promise.all(panel.spec.queries(state.selector, state.window).map(ask));
    });
    const answers = await Promise.all(work);
    panels.forEach((panel, index) => panel.take(answers[index], start));
    panels.forEach((panel) => panel.draw(start, end, step));
    state.end = end;
    governor(total(panels[0].shown) / 100);
    swap(trouble);
    trouble.dataset.at = clock(end);
  }

  every(1, signal, () => refresh().catch((error) => {
    if (!signal.aborted && !error.offline) swap(state ? trouble : main, problem(error));
    throw error;
  }), isPaused);
}
