// The frame: which page is shown, what the address says, whether the server answers.

import { ApiError, every, get, onAnswer } from "./api.js";
import { clock } from "./dom.js";
import * as host from "./host.js";
import * as lists from "./lists.js";
import * as query from "./query.js";
import * as status from "./status.js";

const PAGES = { host, query, alerts: lists.alerts, targets: lists.targets, rules: lists.rules, status };
const byId = (id) => document.getElementById(id);
const forever = new AbortController().signal;
const alertListeners = new Set();
let alerts = [];
let shown;
let isPaused = false;
let offlineSince;

/** Page and parameters of `#query?expr=up&range=1h`. */
function place() {
  const [page, parameters] = location.hash.slice(1).split(/\?(.*)/s);
  return { page: PAGES[page] ? page : "host", params: new URLSearchParams(parameters) };
}

/** Links made for Prometheus (`?g0.expr=up&g0.tab=0`) go on to our own form. */
function adopt() {
  const old = new URLSearchParams(location.search);
  if (!old.has("g0.expr")) return;
  const params = new URLSearchParams({ expr: old.get("g0.expr") });
  if (old.has("g0.range_input")) params.set("range", old.get("g0.range_input"));
  if (["0", "graph"].includes(old.get("g0.tab"))) params.set("tab", "graph");
  history.replaceState(null, "", `${location.pathname}#query?${params}`);
}

/** Writes parameters into the address; `remount` shows the page anew, otherwise it knows already. */
function set(patch, remount = false, push = remount) {
  const { page, params } = place();
  for (const [name, value] of Object.entries(patch)) {
    if (value == null || value === "") params.delete(name);
    else params.set(name, value);
  }
  const text = String(params);
  const hash = `#${page}${text ? `?${text}` : ""}`;
  if (hash !== location.hash) history[push ? "pushState" : "replaceState"](null, "", hash);
  if (remount) show();
}

function governor(share) {
  const angle = -14 + 38 * Math.min(1, Math.max(0, share || 0));
  byId("arm-left").setAttribute("transform", `rotate(${angle} 16 7)`);
  byId("arm-right").setAttribute("transform", `rotate(${-angle} 16 7)`);
}

function show() {
  shown?.abort();
  shown = new AbortController();
  const { signal } = shown;
  const { page, params } = place();
  for (const link of document.querySelectorAll("#tabs a")) {
    if (link.dataset.page !== page) link.removeAttribute("aria-current");
    else {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "center" });
    }
  }
  byId("page").textContent = page[0].toUpperCase() + page.slice(1);
  document.title = `${byId("page").textContent} · Flyball`;
  const onAlerts = (listener) => {
    alertListeners.add(listener);
    signal.addEventListener("abort", () => alertListeners.delete(listener));
    listener(alerts);
  };
  PAGES[page].mount(byId("main"), { params, set, signal, isPaused: () => isPaused, onAlerts, governor });
}

function connection(reached) {
  const dot = byId("connection");
  offlineSince = reached ? undefined : (offlineSince ?? Date.now() / 1000);
  dot.className = reached ? (isPaused ? "paused" : "good") : "bad";
  const text = reached ? (isPaused ? "Paused" : "Live") : "Disconnected";
  // A status that does not change is not announced again.
  if (dot.lastElementChild.textContent !== text) dot.lastElementChild.textContent = text;
  const notice = byId("offline");
  notice.hidden = reached;
  const since = offlineSince && clock(offlineSince);
  if (!reached && notice.dataset.since !== since) {
    notice.dataset.since = since;
    notice.textContent = `The server has not answered since ${since}. `
      + "What you see is what it said last; asking again every two seconds.";
  }
}

function count(id, number, state) {
  const element = byId(id);
  element.hidden = !number;
  element.textContent = number || "";
  element.className = `count ${state}`;
}

async function overview() {
  const [found, targets] = await Promise.all([
    get("api/v1/alerts", null, { timeout: 5000 }), get("api/v1/targets", { state: "active" }, { timeout: 5000 }),
  ]);
  alerts = found.alerts;
  const firing = alerts.filter((alert) => alert.state === "firing").length;
  const pending = alerts.filter((alert) => alert.state === "pending").length;
  count("alert-count", firing || pending, firing ? "firing" : "pending");
  count("target-count", targets.activeTargets.filter((target) => target.health === "down").length, "firing");
  alertListeners.forEach((listener) => listener(alerts));
}

addEventListener("hashchange", show);
addEventListener("popstate", show);
addEventListener("keydown", (event) => {
  const isTyping = /^(input|textarea|select)$/i.test(event.target.tagName);
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (place().page !== "query") {
    history.pushState(null, "", "#query");
    show();
  }
  byId("expr").focus();
});
byId("pause").addEventListener("click", ({ target }) => {
  isPaused = !isPaused;
  target.textContent = isPaused ? "Resume" : "Pause";
  target.setAttribute("aria-pressed", String(isPaused));
  connection(!offlineSince);
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
onAnswer(connection);
adopt();
governor(0);
show();
every(5, forever, () => overview().catch((error) => {
  // Other errors are shown by the pages that need the answer.
  if (!(error instanceof ApiError) || error.offline) throw error;
}));
