// A line or area chart on a canvas: time axis, units, hover readout, old lines until new data.
// `draw` takes series of [seconds, value] points; hovering one chart shows the same instant in all.

import { clock, format, h, timestamp } from "./dom.js";

export const COLORS = 8;
const hovered = new EventTarget();
const swatch = (line) => h("i", { class: `swatch s${(line.color % COLORS) + 1}` });
const MARGIN = { top: 8, right: 12, bottom: 22, left: 66 };
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
];

/** Round numbers from low to high, about `count` of them; bytes get powers of two. */
function ticks(low, high, count, unit) {
  const rough = (high - low) / count || 1;
  const base = unit.startsWith("bytes") ? 1024 ** Math.max(0, Math.floor(Math.log2(rough) / 10)) : 1;
  const power = base * 10 ** Math.floor(Math.log10(rough / base));
  const step = power * [1, 2, 5, 10].find((factor) => power * factor >= rough * 0.999);
  const found = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + step * 1e-9; tick += step) found.push(tick);
  return found;
}

export class Chart {
  /** Options: `unit`, `stacked`, `max` (least upper end), `label` for people who cannot see it. */
  constructor(options) {
    this.options = { unit: "short", height: 160, ...options };
    this.canvas = h("canvas", { role: "img", "aria-label": options.label });
    this.tip = h("div", { class: "tip", hidden: true });
    this.element = h("div", { class: "chart" }, this.canvas, this.tip);
    this.canvas.style.height = `${this.options.height}px`;
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => this.leave());
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.element);
    this.onHover = ({ detail }) => this.hover(detail);
    hovered.addEventListener("hover", this.onHover);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.paint();
    this.scheme.addEventListener("change", this.onScheme);
  }

  destroy() {
    this.observer.disconnect();
    hovered.removeEventListener("hover", this.onHover);
    this.scheme.removeEventListener("change", this.onScheme);
  }

  /** `lines`: [{name, color, points}], `start`, `end` and `step` in seconds. */
  draw(data) {
    const plain = (line) => ({ ...line, tops: line.points });
    this.data = { ...data, lines: this.options.stacked ? stack(data) : data.lines.map(plain) };
    this.paint();
  }

  scales() {
    const { lines, start, end } = this.data;
    let [low, high] = [0, this.options.max ?? -Infinity];
    for (const line of lines) {
      for (const [, value] of line.tops) {
        if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
    }
    if (!(high > low)) high = low + 1;
    high += (high - low) * 0.06 * (high !== this.options.max);
    const width = this.canvas.clientWidth - MARGIN.left - MARGIN.right;
    const height = this.options.height - MARGIN.top - MARGIN.bottom;
    const x = (t) => MARGIN.left + ((t - start) / (end - start || 1)) * width;
    const y = (v) => MARGIN.top + (1 - (v - low) / (high - low)) * height;
    return { x, y, low, high, width, height };
  }

  paint() {
    if (!this.data || !this.canvas.clientWidth) return;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.options.height];
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(this.element);
    const color = (name) => style.getPropertyValue(name).trim();
    this.scale = this.scales();
    context.font = `11px ${style.fontFamily}`;
    this.axes(context, color);
    context.save();
    context.beginPath();
    context.rect(MARGIN.left, 0, this.scale.width, height);
    context.clip();
    for (const line of this.data.lines.toReversed()) {
      this.line(context, line, color(`--c${(line.color % COLORS) + 1}`));
    }
    context.restore();
    if (this.at != null) this.cursor(context, color("--muted"));
  }

  axes(context, color) {
    const { x, y, low, high, width, height } = this.scale;
    const { start, end } = this.data;
    context.fillStyle = color("--muted");
    context.strokeStyle = color("--grid");
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const tick of ticks(low, high, Math.max(2, height / 38), this.options.unit)) {
      const at = Math.round(y(tick)) + 0.5;
      context.beginPath();
      context.moveTo(MARGIN.left, at);
      context.lineTo(MARGIN.left + width, at);
      context.stroke();
      context.fillText(format(tick, this.options.unit), MARGIN.left - 8, at);
    }
    const span = end - start;
    const step = STEPS.find((s) => s >= span / Math.max(2, width / 90)) ?? 604800;
    const shift = new Date(start * 1000).getTimezoneOffset() * 60;
    context.textAlign = "center";
    for (let t = Math.ceil((start - shift) / step) * step + shift; t <= end; t += step) {
      if (x(t) > MARGIN.left + 12 && x(t) < MARGIN.left + width - 12) {
        context.fillText(clock(t, step < 60 ? 0 : span), x(t), MARGIN.top + height + 13);
      }
    }
  }

  line(context, line, color) {
    const { x, y, low } = this.scale;
    const gap = this.data.step * 1.5;
    const runs = [];
    let last = -Infinity;
    line.tops.forEach(([t, value], index) => {
      if (!Number.isFinite(value)) return;
      if (t - last > gap) runs.push([]);
      runs.at(-1).push([x(t), y(value), y(line.bottoms?.[index]?.[1] ?? Math.max(0, low))]);
      last = t;
    });
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = 1.6;
    context.lineJoin = "round";
    for (const run of runs) {
      context.beginPath();
      run.forEach(([px, py]) => context.lineTo(px, py));
      if (run.length === 1) context.arc(run[0][0], run[0][1], 1.6, 0, 7);
      context.stroke();
      if (!this.options.stacked) continue;
      run.toReversed().forEach(([px, , bottom]) => context.lineTo(px, bottom));
      context.globalAlpha = 0.28;
      context.fill();
      context.globalAlpha = 1;
    }
  }

  point(event) {
    if (!this.scale) return;
    const share = (event.offsetX - MARGIN.left) / this.scale.width;
    const { start, end, step } = this.data;
    const at = Math.round((start + Math.min(1, Math.max(0, share)) * (end - start)) / step) * step;
    this.owner = true;
    hovered.dispatchEvent(new CustomEvent("hover", { detail: at }));
  }

  leave() {
    this.owner = false;
    hovered.dispatchEvent(new CustomEvent("hover", { detail: null }));
  }

  hover(at) {
    this.at = at;
    this.tip.hidden = at == null || !this.owner;
    this.paint();
    this.options.onhover?.(at);
  }

  /** The lines' values at an instant, from the points nearest to it. */
  valuesAt(at) {
    const { lines, step } = this.data;
    const near = (points) => points.find(([t]) => Math.abs(t - at) <= step / 2)?.[1];
    return lines.map((line) => ({ line, value: near(line.points), top: near(line.tops) }));
  }

  cursor(context, color) {
    const { x, y, width } = this.scale;
    const at = x(this.at);
    if (at < MARGIN.left || at > MARGIN.left + width) return;
    context.strokeStyle = color;
    context.beginPath();
    context.moveTo(Math.round(at) + 0.5, MARGIN.top);
    context.lineTo(Math.round(at) + 0.5, this.options.height - MARGIN.bottom);
    context.stroke();
    const rows = this.valuesAt(this.at).filter(({ value }) => value != null);
    for (const { top } of rows) {
      context.fillStyle = color;
      context.beginPath();
      context.arc(at, y(top), 2.5, 0, 7);
      context.fill();
    }
    if (!this.owner) return;
    const shown = rows.toSorted((a, b) => (this.options.stacked ? 0 : b.value - a.value)).slice(0, 12);
    this.tip.replaceChildren(
      h("time", {}, timestamp(this.at)),
      ...shown.map(({ line, value }) =>
        h("div", {}, swatch(line), h("span", {}, line.name), h("b", {}, format(value, this.options.unit)))),
      rows.length > shown.length ? h("small", {}, `and ${rows.length - shown.length} more`) : "",
    );
    const left = at > MARGIN.left + width / 2 ? at - this.tip.offsetWidth - 14 : at + 14;
    this.tip.style.transform = `translate(${Math.max(0, left)}px, ${MARGIN.top}px)`;
  }
}

/** Adds lines up from the bottom; where one has no value it counts nothing. */
function stack({ lines }) {
  const sums = new Map();
  return lines.map((line) => {
    const bottoms = line.points.map(([t]) => [t, sums.get(t) ?? 0]);
    line.points.forEach(([t, value]) => sums.set(t, (sums.get(t) ?? 0) + (Number.isFinite(value) ? value : 0)));
    return { ...line, bottoms, tops: line.points.map(([t, value]) => [t, Number.isFinite(value) ? sums.get(t) : NaN]) };
  });
}

/** Names with colors and values; a button each when lines can be chosen. */
export function legend(lines, unit, onpick, picked) {
  return h("ul", { class: "legend" }, lines.map((line, index) => {
    const inside = [swatch(line), h("span", {}, line.label ?? line.name),
      line.value === undefined ? null : h("b", {}, format(line.value, unit))];
    if (!onpick) return h("li", {}, inside);
    const pressed = String(picked == null || picked === index);
    return h("li", {}, h("button", { type: "button", "aria-pressed": pressed, onclick: () => onpick(index) }, inside));
  }));
}
