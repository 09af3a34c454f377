// Elements from data, and numbers, times and labels as people read them.
// Text goes in as text nodes only: nothing a server sends is ever parsed as markup.

/** An element; `on...` properties are listeners, `class` and the rest attributes. */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Replaces what is inside, unless the reader is selecting text there; keeps the focused link. */
export function swap(root, ...children) {
  const selection = getSelection();
  if (!selection.isCollapsed && root.contains(selection.anchorNode)) return;
  const key = root.contains(document.activeElement) && document.activeElement.getAttribute("href");
  root.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (key) root.querySelector(`[href=${CSS.escape(key)}]`)?.focus();
}

export const badge = (state, text = state) => h("span", { class: `badge ${state}` }, text);
export const empty = (title, ...more) => h("div", { class: "empty" }, h("h2", {}, title), ...more);
export const problem = (error) =>
  h("div", { class: "notice bad", role: "alert" }, h("strong", {}, error.title), " ", error.message);
export const link = (href, ...content) => h("a", { href }, ...content);
export const panel = (title, note, ...content) => h("section", { class: "panel" },
  h("header", {}, h("h3", {}, title), note ? h("small", {}, note) : null), ...content);
export const skeleton = () => h("div", { class: "skeleton", role: "status" }, "Loading");

/** Buttons of which one is pressed; `entries` are pairs of value and text. */
export const choice = (label, entries, current, onpick) =>
  h("div", { class: "choice", role: "group", "aria-label": label }, entries.map(([value, text]) => {
    const pressed = String(value === current);
    return h("button", { type: "button", "aria-pressed": pressed, onclick: () => onpick(value) }, text);
  }));

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];

function digits(value) {
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2);
  return text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

function scaled(value, base, between) {
  let power = 0;
  let rest = value;
  while (Math.abs(rest) >= base * 0.9995 && power < PREFIXES.length - 1) {
    rest /= base;
    power += 1;
  }
  const prefix = base === 1024 && power ? `${PREFIXES[power].toUpperCase()}i` : PREFIXES[power];
  return digits(rest) + between + prefix;
}

/** Value with its unit: `short`, `bytes`, `bytes/s`, `percent`, `seconds`. */
export function format(value, unit = "short") {
  if (value == null || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : "−∞";
  if (unit === "percent") return `${digits(Math.round(value * 10) / 10)} %`;
  if (unit === "bytes") return `${scaled(value, 1024, " ")}B`;
  if (unit === "bytes/s") return `${scaled(value, 1024, " ")}B/s`;
  if (unit === "seconds") return duration(value);
  if (value !== 0 && Math.abs(value) < 0.0001) return value.toExponential(2);
  if (value !== 0 && Math.abs(value) < 0.1) return String(Number(value.toPrecision(2)));
  return scaled(value, 1000, "");
}

/** `3 d 4 h`, `5 m 20 s`, `12.3 ms`: two parts at most. */
export function duration(seconds) {
  if (!(Math.abs(seconds) >= 1)) return `${digits(seconds * 1000)} ms`;
  if (seconds < 10) return `${digits(seconds)} s`;
  const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
  const first = parts.findIndex(([size]) => seconds >= size);
  const [size, name] = parts[first];
  const [size2, name2] = parts[first + 1] ?? [];
  const rest = size2 ? Math.floor((seconds % size) / size2) : 0;
  return `${Math.floor(seconds / size)} ${name}${rest ? ` ${rest} ${name2}` : ""}`;
}

/** `1h` or `90s` in seconds; nothing when it is no duration. */
export function parseDuration(text) {
  const units = { s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };
  const match = /^(\d+(?:\.\d+)?)(s|m|h|d|w|y)$/.exec(text ?? "");
  return match ? Number(match[1]) * units[match[2]] : undefined;
}

const two = (number) => String(number).padStart(2, "0");

/** Local time; with the date when the axis spans days, with seconds when it spans a minute. */
export function clock(seconds, span = 60) {
  const date = new Date(seconds * 1000);
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (span > 4 * 86400) return day;
  if (span > 86400) return `${day} ${minutes}`;
  return span > 240 ? minutes : `${minutes}:${two(date.getSeconds())}`;
}

export function timestamp(seconds) {
  const date = new Date(seconds * 1000);
  return `${date.getFullYear()}-${clock(seconds, 2 * 86400)}:${two(date.getSeconds())}`;
}

/** `12 s ago`; Go's zero time means never. */
export function ago(rfc3339) {
  const then = Date.parse(rfc3339);
  if (!(then > 0)) return "never";
  const seconds = Math.max(0, (Date.now() - then) / 1000);
  return seconds < 1 ? "now" : `${duration(Math.floor(seconds))} ago`;
}

/** `up{instance="a"}` with the name set apart. */
export function series(metric) {
  const { __name__: name, ...labels } = metric;
  const pairs = Object.entries(labels).map(([key, value], index) => [
    index ? ", " : "", h("span", { class: "key" }, key), `=${JSON.stringify(value)}`,
  ]);
  const braces = pairs.length || !name ? ["{", pairs.flat(), "}"] : [];
  return h("code", { class: "series" }, name ? h("b", {}, name) : null, ...braces);
}

export function seriesText(metric) {
  const { __name__: name = "", ...labels } = metric;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length || !name ? `${name}{${pairs.join(", ")}}` : name;
}
