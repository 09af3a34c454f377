// A PromQL box with a table and a graph. Expression, range, end and tab live in the address.

import { ApiError, every, get, instant, range } from "./api.js";
import { Chart, legend } from "./chart.js";
import { clock, duration, empty, h, parseDuration, problem, series, seriesText, skeleton, timestamp } from "./dom.js";

const RANGES = ["5m", "15m", "1h", "6h", "1d", "7d", "30d"];
const LINES_MAX = 100;
const ROWS_MAX = 1000;
const EXAMPLES = [
  ["Which targets answer", "up"],
  ["CPU use by mode", 'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[1m]))'],
  ["Free space by mount point", "node_filesystem_avail_bytes"],
  ["Received bytes per second", "rate(node_network_receive_bytes_total[1m])"],
];
let metricNames;

/** Metric names that fit the word before the caret; loaded once. */
async function suggestions(word, signal) {
  metricNames ??= get("api/v1/label/__name__/values", null, { signal }).catch(() => {
    metricNames = undefined;
    return [];
  });
  const names = await metricNames;
  const rank = (name) => (name.startsWith(word) ? 0 : 1);
  return names.filter((name) => name !== word && name.includes(word)).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b)).slice(0, 8);
}

/** The expression's box: grows with its text, completes metric names, Enter asks. */
function box(value, signal, onsubmit) {
  const options = h("ul", { id: "names", role: "listbox", "aria-label": "Metric names", hidden: true });
  const area = h("textarea", {
    id: "expr", rows: 1, spellcheck: "false", autocapitalize: "off", autocomplete: "off", placeholder: "Expression, e.g. rate(node_cpu_seconds_total[1m])",
    "aria-label": "PromQL expression", "aria-controls": "names", "aria-autocomplete": "list",
  });
  let chosen = -1;
  const grow = () => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };
  const word = () => /[a-zA-Z_:][a-zA-Z0-9_:]*$/.exec(area.value.slice(0, area.selectionStart))?.[0] ?? "";
  const close = () => {
    options.hidden = true;
    chosen = -1;
    area.removeAttribute("aria-activedescendant");
  };
  const complete = (name) => {
    area.setRangeText(name, area.selectionStart - word().length, area.selectionStart, "end");
    close();
    grow();
    area.focus();
  };
  const choose = (step) => {
    const items = [...options.children];
    chosen = (chosen + step + items.length) % items.length;
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === chosen)));
    area.setAttribute("aria-activedescendant", items[chosen].id);
  };
  const suggest = async () => {
    const typed = word();
    const isInString = (area.value.slice(0, area.selectionStart).match(/"/g) ?? []).length % 2;
    const found = typed.length < 2 || isInString ? [] : await suggestions(typed, signal);
    if (typed !== word()) return;
    close();
    if (!found.length || document.activeElement !== area) return;
    options.replaceChildren(...found.map((name, index) => h("li", {
      id: `name-${index}`, role: "option", "aria-selected": "false", onpointerdown: (event) => {
        event.preventDefault();
        complete(name);
      },
    }, name)));
    options.hidden = false;
  };
  area.addEventListener("input", () => {
    grow();
    suggest();
  });
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    const isOpen = !options.hidden;
    if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) choose(event.key === "ArrowDown" ? 1 : -1);
    else if (isOpen && chosen >= 0 && (event.key === "Enter" || event.key === "Tab")) complete(options.children[chosen].textContent);
    else if (isOpen && event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey) {
      close();
      onsubmit();
    } else return;
    event.preventDefault();
  });
  area.value = value;
  requestAnimationFrame(grow);
  return { area, options, grow };
}

/** Axis unit where the name of plain series tells it. */
function unitOf(result) {
  const name = result[0]?.metric.__name__ ?? "";
  return name.endsWith("_bytes") ? "bytes" : name.endsWith("_seconds") && !name.endsWith("time_seconds") ? "seconds" : "short";
}

/** Where in the expression a parse error lies: its line with a caret below. */
function caret(expr, message) {
  const [, line, column] = /\b(\d+):(\d+): parse error/.exec(message) ?? [];
  const text = expr.split("\n")[line - 1];
  return text == null ? null : h("pre", { class: "caret" }, `${text}\n${" ".repeat(column - 1)}^`);
}

const sample = ({ value, histogram }) => (histogram ? `histogram: ${histogram[1].count} observations, sum ${histogram[1].sum}` : value[1]);

function table({ resultType, result }) {
  if (resultType === "scalar" || resultType === "string") return h("p", { class: "scalar" }, h("small", {}, resultType), " ", h("b", {}, result[1]));
  if (!result.length) return empty("No series", h("p", {}, "The expression is fine, and nothing matches it now."));
  const rows = result.slice(0, ROWS_MAX).map((entry) => h("tr", {}, h("td", {}, series(entry.metric)),
    h("td", { class: "number" }, resultType === "matrix"
      ? h("ol", {}, (entry.values ?? entry.histograms).slice(-20).map(([t, value]) => h("li", {}, `${value.count ?? value} `, h("small", {}, `@ ${clock(t)}`))))
      : sample(entry))));
  return h("div", {}, h("div", { class: "scroll" }, h("table", { class: "result" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `${result.length} series`), h("th", { scope: "col", class: "number" }, "Value"))), h("tbody", {}, rows))),
  result.length > ROWS_MAX ? h("p", { class: "about" }, `The first ${ROWS_MAX} of ${result.length} series.`) : null);
}

/** One chart that is kept while answers come and go. */
class Graph {
  constructor() {
    this.legend = h("div", { class: "scroll" });
    this.more = h("p", { class: "about" });
    this.element = h("div", {}, this.legend, this.more);
  }

  take({ result }, start, end, step) {
    const unit = unitOf(result);
    if (this.chart?.options.unit !== unit) {
      this.chart?.destroy();
      this.chart?.element.remove();
      this.chart = new Chart({ unit, height: 360, label: "Result over time", onhover: (at) => this.readout(at) });
      this.element.prepend(this.chart.element);
    }
    this.lines = result.slice(0, LINES_MAX).map(({ metric, values = [] }, color) =>
      ({ name: seriesText(metric), label: series(metric), color, points: values.map(([t, value]) => [t, Number(value)]) }));
    if (!this.lines[this.picked]) this.picked = undefined;
    this.more.textContent = result.length > LINES_MAX ? `The first ${LINES_MAX} of ${result.length} series are drawn.` : "";
    this.span = { start, end, step };
    this.draw();
  }

  draw() {
    const lines = this.lines.filter((_, index) => this.picked === undefined || this.picked === index);
    this.chart.draw({ lines, ...this.span });
    this.readout(this.chart.at);
  }

  readout(at) {
    if (!this.lines || this.legend.contains(document.activeElement)) return;
    const near = ({ points }) => (at == null ? points.at(-1) : points.find(([t]) => Math.abs(t - at) <= this.span.step / 2))?.[1] ?? NaN;
    this.legend.replaceChildren(legend(this.lines.map((line) => ({ ...line, value: near(line) })), this.chart.options.unit, (index) => {
      this.picked = this.picked === index ? undefined : index;
      document.activeElement.blur();
      this.draw();
    }, this.picked));
  }
}

export function mount(main, { params, set, signal, isPaused }) {
  const state = {
    expr: params.get("expr") ?? "", tab: params.get("tab") === "graph" ? "graph" : "table",
    range: parseDuration(params.get("range")) ? params.get("range") : "1h", end: Number(params.get("end")) || undefined,
  };
  const [facts, trouble, result, controls] = [h("p", { class: "about facts", "aria-live": "polite" }), h("div", {}), h("div", {}), h("div", { class: "controls" })];
  const graph = new Graph();
  let running;
  signal.addEventListener("abort", () => graph.chart?.destroy());

  const change = (patch, push = true) => {
    Object.assign(state, patch);
    set({ expr: state.expr, range: state.range, end: state.end, tab: state.tab === "graph" ? "graph" : "" }, false, push);
    drawControls();
    return run();
  };
  const { area, options, grow } = box(state.expr, signal, () => change({ expr: area.value.trim() }));
  const shift = (direction) => {
    const end = (state.end ?? Math.floor(Date.now() / 1000)) + (direction * parseDuration(state.range)) / 2;
    change({ end: end >= Date.now() / 1000 ? undefined : Math.floor(end) });
  };

  function drawControls() {
    const choice = (label, entries, current, pick) => h("div", { class: "choice", role: "group", "aria-label": label }, entries.map(([value, text]) =>
      h("button", { type: "button", "aria-pressed": String(value === current), onclick: () => pick(value) }, text)));
    const focus = document.activeElement.textContent;
    const hadFocus = controls.contains(document.activeElement);
    controls.replaceChildren(
      choice("View", [["table", "Table"], ["graph", "Graph"]], state.tab, (tab) => change({ tab })),
      ...(state.tab === "graph" ? [
        choice("Range", RANGES.map((text) => [text, text]), state.range, (text) => change({ range: text })),
        h("div", { class: "choice", role: "group", "aria-label": "End" },
          h("button", { type: "button", "aria-label": "Earlier", onclick: () => shift(-1) }, "‹"),
          h("button", { type: "button", "aria-pressed": String(!state.end), onclick: () => change({ end: undefined }) }, state.end ? timestamp(state.end) : "now"),
          h("button", { type: "button", "aria-label": "Later", disabled: !state.end, onclick: () => shift(1) }, "›")),
      ] : []));
    if (hadFocus) [...controls.querySelectorAll("button")].find((button) => button.textContent === focus)?.focus();
  }

  async function run() {
    running?.abort();
    if (!state.expr) {
      facts.textContent = "";
      result.replaceChildren(empty("Ask a question", h("p", {}, "PromQL in the box above; ", h("kbd", {}, "Enter"), " asks, ", h("kbd", {}, "Shift"), "+", h("kbd", {}, "Enter"), " starts a new line, ", h("kbd", {}, "/"), " leads here from anywhere."),
        h("ul", { class: "examples" }, EXAMPLES.map(([text, expr]) => h("li", {}, h("button", { type: "button", onclick: () => {
          area.value = expr;
          grow();
          change({ expr, tab: "graph" });
        } }, h("span", {}, text), h("code", {}, expr)))))));
      return;
    }
    running = new AbortController();
    const own = running;
    const started = performance.now();
    result.classList.add("stale");
    if (!result.firstChild) result.replaceChildren(skeleton());
    let notes = [];
    const how = { signal: AbortSignal.any([signal, own.signal]), notes: (list) => (notes = list) };
    try {
      const isGraph = state.tab === "graph";
      const span = parseDuration(state.range);
      const step = Math.max(1, Math.ceil(span / 400));
      const end = Math.floor((state.end ?? Date.now() / 1000) / step) * step;
      const data = isGraph ? await range(state.expr, end - span, end, step, how) : await instant(state.expr, { ...how, time: state.end });
      if (own !== running) return;
      trouble.replaceChildren(...notes.map((note) => h("div", { class: "notice warn" }, note)));
      facts.textContent = `${data.result.length ?? 1} series in ${duration((performance.now() - started) / 1000)}${isGraph ? `, one point every ${duration(step)}` : ""}`;
      if (isGraph && data.result.length) graph.take(data, end - span, end, step);
      const shown = isGraph && data.result.length ? graph.element : isGraph ? empty("No series", h("p", {}, "Nothing matches in this range.")) : table(data);
      if (!result.contains(shown)) result.replaceChildren(shown);
    } catch (error) {
      if (own !== running || signal.aborted) return;
      if (error.offline || !(error instanceof ApiError)) throw error;
      facts.textContent = "";
      trouble.replaceChildren(...[problem(error), caret(state.expr, error.message)].filter(Boolean));
      result.replaceChildren();
    } finally {
      if (own === running) result.classList.remove("stale");
    }
  }

  const form = h("form", { class: "ask", onsubmit: (event) => {
    event.preventDefault();
    change({ expr: area.value.trim() });
  } }, h("div", { class: "box" }, area, options), h("button", { class: "primary", type: "submit" }, "Run"));
  main.replaceChildren(form, h("div", { class: "head" }, controls, facts), trouble, h("section", { class: "panel answer" }, result));
  drawControls();
  if (!state.expr) area.focus();
  const seconds = parseDuration(state.range) > 3600 ? 30 : 5;
  every(seconds, signal, run, () => isPaused() || Boolean(state.end && result.firstChild) || document.activeElement === area && area.value.trim() !== state.expr);
}
