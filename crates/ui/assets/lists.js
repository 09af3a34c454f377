// Alerts, targets and rules: what the server watches and how that goes.

import { every, get } from "./api.js";
import { ago, badge, duration, empty, h, link, panel, problem, skeleton, swap } from "./dom.js";

/** Asks every few seconds and draws; the last answer stays when the next one fails. */
function page(path, params, seconds, draw) {
  return {
    mount(main, context) {
      const { signal, isPaused } = context;
      const [trouble, body] = [h("div", {}), h("div", {}, skeleton())];
      main.replaceChildren(trouble, body);
      let answer;
      const refresh = async () => {
        try {
          answer = await get(path, params, { signal, timeout: 10_000 });
          swap(trouble);
          swap(body, draw(answer, context, refresh));
        } catch (error) {
          if (signal.aborted) return;
          if (!error.offline || !answer) swap(trouble, problem(error));
          if (!answer) body.replaceChildren();
          throw error;
        }
      };
      every(seconds, signal, refresh, isPaused);
    },
  };
}

const key = (text) => h("span", { class: "key" }, text);
const chips = (labels, hidden) => h("span", { class: "chips" }, Object.entries(labels)
  .filter(([name]) => name !== hidden)
  .map(([name, value]) => h("code", { class: "chip" }, key(name), `=${JSON.stringify(value)}`)));
const table = (columns, rows) => h("div", { class: "scroll" }, h("table", { class: "list" },
  h("thead", {}, h("tr", {}, columns.map((name, index) =>
    h("th", { scope: "col", class: index > 1 ? "number" : "" }, name)))), h("tbody", {}, rows)));
const RANK = { firing: 0, pending: 1, down: 0, unknown: 1, up: 2 };

/** Summary first, description second, the others as they come. */
function annotations(alert) {
  const place = ([name]) => ["summary", "description"].indexOf(name) + 1 || 3;
  return Object.entries(alert.annotations).toSorted((a, b) => place(a) - place(b));
}

export const alerts = page("api/v1/alerts", null, 2, ({ alerts: list }) => {
  if (!list.length) {
    return empty("Nothing is firing",
      h("p", {}, "No rule's condition holds at the moment. ", link("#rules", "See the rules"), "."));
  }
  const newest = (a, b) => Date.parse(b.activeAt) - Date.parse(a.activeAt);
  const sorted = list.toSorted((a, b) => RANK[a.state] - RANK[b.state] || newest(a, b));
  return [h("h2", { class: "title" }, "Alerts"), h("ul", { class: "cards" }, sorted.map(card))];
});

function card(alert) {
  const lasts = ago(alert.activeAt).replace(" ago", "");
  const value = Number.isFinite(Number(alert.value)) ? String(Number(alert.value)) : alert.value;
  return h("li", { class: `card ${alert.state}` },
    h("header", {}, badge(alert.state), h("h3", {}, alert.labels.alertname ?? "(no name)"),
      h("time", { datetime: alert.activeAt, title: alert.activeAt }, `for ${lasts}`)),
    annotations(alert).map(([name, text]) => {
      const isPlain = name === "summary" || name === "description";
      return h("p", { class: name }, isPlain ? null : key(`${name}: `), text);
    }),
    h("footer", {}, chips(alert.labels, "alertname"),
      h("span", { class: "value" }, "value ", h("b", {}, value))));
}

/** In-process sources have a name but nothing to open. */
function scraped({ scrapeUrl, globalUrl }) {
  if (!scrapeUrl.startsWith("http")) return h("span", {}, scrapeUrl);
  return h("a", { href: globalUrl || scrapeUrl, rel: "noreferrer" }, scrapeUrl);
}

function targetRow(target) {
  return h("tr", {},
    h("td", {}, badge(target.health)),
    h("td", {}, scraped(target),
      chips(target.labels, "job"), target.lastError ? h("p", { class: "error" }, target.lastError) : null),
    h("td", { class: "number" }, ago(target.lastScrape)),
    h("td", { class: "number" }, duration(target.lastScrapeDuration),
      h("small", {}, ` every ${target.scrapeInterval}`)));
}

const upOf = (members) => `${members.filter(({ health }) => health === "up").length} of ${members.length} up`;

function drawTargets({ activeTargets }, { params, set }, refresh) {
  if (!activeTargets.length) {
    return empty("No targets", h("p", {}, "Name some under ", h("code", {}, "scrape_configs"),
      " in a prometheus.yml and give it with ", h("code", {}, "--config.file"), "."));
  }
  const isDownOnly = params.get("health") === "down";
  const toggle = () => {
    set({ health: isDownOnly ? "" : "down" });
    params.set("health", isDownOnly ? "" : "down");
    refresh();
  };
  const down = activeTargets.filter(({ health }) => health === "down");
  const pools = Map.groupBy(isDownOnly ? down : activeTargets, ({ scrapePool }) => scrapePool);
  const pressed = String(isDownOnly);
  return [
    h("div", { class: "head" },
      h("h2", { class: "title" }, "Targets ", h("small", {}, upOf(activeTargets))),
      down.length || isDownOnly
        ? h("button", { type: "button", "aria-pressed": pressed, onclick: toggle }, `Only down (${down.length})`)
        : null),
    pools.size ? null : empty("All targets are up"),
    [...pools].map(([pool, members]) => panel(pool, upOf(members),
      table(["State", "Endpoint", "Last scrape", "Duration"],
        members.toSorted((a, b) => RANK[a.health] - RANK[b.health]).map(targetRow)))),
  ];
}

export const targets = page("api/v1/targets", { state: "active" }, 2, drawTargets);

function ruleState(rule) {
  if (rule.health === "err") return badge("firing", "error");
  return rule.type === "alerting" ? badge(rule.state) : badge("recording");
}

function ruleRow(rule) {
  const query = `#query?${new URLSearchParams({ expr: rule.query, tab: "graph" })}`;
  return h("tr", {},
    h("td", {}, ruleState(rule)),
    h("td", {}, h("strong", {}, rule.name), rule.duration ? h("small", {}, ` for ${duration(rule.duration)}`) : null,
      link(query, h("code", { class: "query" }, rule.query)),
      rule.lastError ? h("p", { class: "error" }, rule.lastError) : null),
    h("td", { class: "number" }, ago(rule.lastEvaluation)),
    h("td", { class: "number" }, duration(rule.evaluationTime)));
}

export const rules = page("api/v1/rules", null, 5, ({ groups }) => {
  if (!groups.length) {
    return empty("No rules", h("p", {}, "Rule files named under ", h("code", {}, "rule_files"), " appear here."));
  }
  const about = (group) => [group.file, `every ${duration(group.interval)}`].filter(Boolean).join(" · ");
  return [h("h2", { class: "title" }, "Rules"), groups.map((group) => panel(group.name, about(group),
    table(["State", "Rule", "Evaluated", "Took"], group.rules.map(ruleRow))))];
});
