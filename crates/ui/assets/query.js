// A PromQL box with a table and a graph. Expression, range, end and tab live in the address.

import { ApiError, every, instant, range } from "./api.js";
import { box } from "./box.js";
import { Chart, legend } from "./chart.js";
import {
  choice, clock, duration, empty, h, parseDuration, problem, series, seriesText, skeleton, timestamp,
} from "./dom.js";

const RANGES = ["5m", "15m", "1h", "6h", "1d", "7d", "30d"];
const LINES_MAX = 100;
const ROWS_MAX = 1000;
const POINTS = 400;
const EXAMPLES = [
  ["Which targets answer", "up"],
  ["CPU use by mode", 'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))'],
  ["Free space by mount point", "node_filesystem_avail_bytes"],
  ["Received bytes per second", "rate(node_network_receive_bytes_total[1m])"],
];

/** Axis unit where the name of plain series tells it. */
function unitOf(result) {
  const name = result[0]?.metric.__name__ ?? "";
  if (name.endsWith("_bytes")) return "bytes";
  return name.endsWith("_seconds") && !name.endsWith("time_seconds") ? "seconds" : "short";
}

/** Where in the expression a parse error lies: its line with a caret below. */
function caret(expr, message) {
  const [, line, column] = /\b(\d+):(\d+): parse error/.exec(message) ?? [];
  const text = expr.split("\n")[line - 1];
  return text == null ? null : h("pre", { class: "caret" }, `${text}\n${" ".repeat(column - 1)}^`);
}

function sample({ value, histogram }) {
  if (!histogram) return value[1];
  return `histogram: ${histogram[1].count} observations, sum ${histogram[1].sum}`;
}

function samples({ values, histograms }) {
  const row = ([t, value]) => h("li", {}, `${value.count ?? value} `, h("small", {}, `@ ${clock(t)}`));
  return h("ol", {}, (values ?? histograms).slice(-20).map(row));
}

function table({ resultType, result }) {
  if (resultType === "scalar" || resultType === "string") {
    return h("p", { class: "scalar" }, h("small", {}, resultType), " ", h("b", {}, result[1]));
  }
  if (!result.length) {
    return empty("No series", h("p", {}, "The expression is fine, and nothing matches it now."));
  }
  const values = resultType === "matrix" ? samples : sample;
  const rows = result.slice(0, ROWS_MAX).map((entry) =>
    h("tr", {}, h("td", {}, series(entry.metric)), h("td", { class: "number" }, values(entry))));
  return h("div", {},
    h("div", { class: "scroll" }, h("table", { class: "result" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `${result.length} series`),
        h("th", { scope: "col", class: "number" }, "Value"))),
      h("tbody", {}, rows))),
    result.length > rows.length ? h("p", { class: "about" }, `The first ${ROWS_MAX} are shown.`) : null);
}

/** One chart that is kept while answers come and go. */
class Graph {
  constructor() {
    this.legend = h("div", { class: "scroll" });
    this.more = h("p", { class: "about" });
    this.element = h("div", {}, this.legend, this.more);
  }

  take({ result }, span) {
    const unit = unitOf(result);
    if (this.chart?.options.unit !== unit) {
      this.chart?.destroy();
      this.chart?.element.remove();
      const onhover = (at) => this.readout(at);
      this.chart = new Chart({ unit, height: 360, label: "Result over time", onhover });
      this.element.prepend(this.chart.element);
    }
    this.lines = result.slice(0, LINES_MAX).map(({ metric, values = [] }, color) => {
      const points = values.map(([t, value]) => [t, Number(value)]);
      return { name: seriesText(metric), label: series(metric), color, points };
    });
    if (!this.lines[this.picked]) this.picked = undefined;
    const isCut = result.length > LINES_MAX;
    this.more.textContent = isCut ? `The first ${LINES_MAX} of ${result.length} series are drawn.` : "";
    this.span = span;
    this.draw();
  }

  draw() {
    const isShown = (_, index) => this.picked === undefined || this.picked === index;
    this.chart.draw({ lines: this.lines.filter(isShown), ...this.span });
    this.readout(this.chart.at);
  }

  pick(index) {
    this.picked = this.picked === index ? undefined : index;
    document.activeElement.blur();
    this.draw();
  }

  readout(at) {
    if (!this.lines || this.legend.contains(document.activeElement)) return;
    const isNear = ([t]) => Math.abs(t - at) <= this.span.step / 2;
    const value = ({ points }) => (at == null ? points.at(-1) : points.find(isNear))?.[1] ?? NaN;
    const lines = this.lines.map((line) => ({ ...line, value: value(line) }));
    const { unit } = this.chart.options;
    this.legend.replaceChildren(legend(lines, unit, (index) => this.pick(index), this.picked));
  }
}

function invitation(onpick) {
  const example = ([text, expr]) => h("li", {},
    h("button", { type: "button", onclick: () => onpick(expr) }, h("span", {}, text), h("code", {}, expr)));
  const key = (text) => h("kbd", {}, text);
  return empty("Ask a question",
    h("p", {}, "PromQL in the box above; ", key("Enter"), " asks, ", key("Shift"), "+", key("Enter"),
      " starts a new line, ", key("/"), " leads here from anywhere."),
    h("ul", { class: "examples" }, EXAMPLES.map(example)));
}

/** Start, end and step in seconds; the end lies on a step, so that points stay where they are. */
function spanOf(state) {
  const length = parseDuration(state.range);
  const step = Math.max(1, Math.ceil(length / POINTS));
  const end = Math.floor((state.end ?? Date.now() / 1000) / step) * step;
  return { start: end - length, end, step };
}

export function mount(main, { params, set, signal, isPaused }) {
  const state = {
    expr: params.get("expr") ?? "",
    tab: params.get("tab") === "graph" ? "graph" : "table",
    range: parseDuration(params.get("range")) ? params.get("range") : "1h",
    end: Number(params.get("end")) || undefined,
  };
  const facts = h("p", { class: "about facts", "aria-live": "polite" });
  const [trouble, result, controls] = [h("div", {}), h("div", {}), h("div", { class: "controls" })];
  const graph = new Graph();
  let running;
  signal.addEventListener("abort", () => graph.chart?.destroy());

  function change(patch) {
    Object.assign(state, patch);
    set({ ...state, tab: state.tab === "graph" ? "graph" : "" }, false, true);
    drawControls();
    run().catch((error) => {
      // Offline: the header says so and the loop asks again.
      if (!error.offline) throw error;
    });
  }

  const { area, options, grow } = box(state.expr, signal, () => change({ expr: area.value.trim() }));

  function shift(direction) {
    const now = Date.now() / 1000;
    const end = Math.floor((state.end ?? now) + (direction * parseDuration(state.range)) / 2);
    change({ end: end >= now ? undefined : end });
  }

  function endControls() {
    const button = (text, label, onclick, more) =>
      h("button", { type: "button", "aria-label": label, onclick, ...more }, text);
    const current = state.end ? timestamp(state.end) : "now";
    const toNow = () => change({ end: undefined });
    return h("div", { class: "choice", role: "group", "aria-label": "End" },
      button("‹", "Earlier", () => shift(-1)),
      button(current, `End: ${current}; press for now`, toNow, { "aria-pressed": String(!state.end) }),
      button("›", "Later", () => shift(1), { disabled: !state.end }));
  }

  function drawControls() {
    const focused = controls.contains(document.activeElement) && document.activeElement.textContent;
    const tabs = [["table", "Table"], ["graph", "Graph"]];
    const ranges = RANGES.map((text) => [text, text]);
    const isGraph = state.tab === "graph";
    controls.replaceChildren(
      choice("View", tabs, state.tab, (tab) => change({ tab })),
      isGraph ? choice("Range", ranges, state.range, (text) => change({ range: text })) : "",
      isGraph ? endControls() : "");
    const same = ({ textContent }) => textContent === focused;
    if (focused) [...controls.querySelectorAll("button")].find(same)?.focus();
  }

  function draw(data, span, took) {
    const isGraph = state.tab === "graph";
    const pace = isGraph ? `, one point every ${duration(span.step)}` : "";
    facts.textContent = `${data.result.length} series in ${duration(took)}${pace}`;
    if (data.resultType === "scalar" || data.resultType === "string") facts.textContent = "";
    if (isGraph && data.result.length) graph.take(data, span);
    const none = () => empty("No series", h("p", {}, "Nothing matches in this range."));
    const shown = !isGraph ? table(data) : data.result.length ? graph.element : none();
    if (!result.contains(shown)) result.replaceChildren(shown);
  }

  async function run() {
    running?.abort();
    if (!state.expr) {
      facts.textContent = "";
      result.replaceChildren(invitation((expr) => {
        area.value = expr;
        grow();
        change({ expr, tab: "graph" });
      }));
      return;
    }
    const own = new AbortController();
    running = own;
    const started = performance.now();
    const span = spanOf(state);
    let notes = [];
    const how = { signal: AbortSignal.any([signal, own.signal]), notes: (found) => (notes = found) };
    result.classList.add("stale");
    if (!result.firstChild) result.replaceChildren(skeleton());
    try {
      const data = await (state.tab === "graph"
        ? range(state.expr, span.start, span.end, span.step, how)
        : instant(state.expr, { ...how, time: state.end }));
      if (own !== running) return;
      trouble.replaceChildren(...notes.map((note) => h("div", { class: "notice warn" }, note)));
      draw(data, span, (performance.now() - started) / 1000);
    } catch (error) {
      if (own !== running || signal.aborted) return;
      if (error.offline || !(error instanceof ApiError)) throw error;
      facts.textContent = "";
      trouble.replaceChildren(problem(error), caret(state.expr, error.message) ?? "");
      result.replaceChildren();
    } finally {
      if (own === running) result.classList.remove("stale");
    }
  }

  const onsubmit = (event) => {
    event.preventDefault();
    change({ expr: area.value.trim() });
  };
  main.replaceChildren(
    h("form", { class: "ask", onsubmit }, h("div", { class: "box" }, area, options),
      h("button", { class: "primary", type: "submit" }, "Run")),
    h("div", { class: "head" }, controls, facts), trouble,
    h("section", { class: "panel answer" }, result));
  drawControls();
  if (!state.expr) area.focus();
  // A fixed end does not change, and somebody who types is not disturbed.
  const isTyping = () => document.activeElement === area && area.value.trim() !== state.expr;
  const isAtRest = () => isPaused() || isTyping() || Boolean(state.end && result.firstChild);
  every(parseDuration(state.range) > 3600 ? 30 : 5, signal, run, isAtRest);
}
