// Alerts, targets and rules: what the server watches and how that goes.

import { every, get } from "./api.js";
import { ago, badge, duration, empty, h, problem, series, skeleton, swap } from "./dom.js";

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

const chips = (labels, hidden = []) => h("span", { class: "chips" }, Object.entries(labels)
  .filter(([name]) => !hidden.includes(name))
  .map(([name, value]) => h("code", { class: "chip" }, h("span", { class: "key" }, name), `=${JSON.stringify(value)}`)));
const queryLink = (expr, ...content) => h("a", { href: `#query?${new URLSearchParams({ expr, tab: "graph" })}` }, ...content);
const RANK = { firing: 0, pending: 1, down: 0, unknown: 1, up: 2 };

/** Summary first, description second, the others as they come. */
function annotations(alert) {
  const place = ([name]) => ["summary", "description"].indexOf(name) + 1 || 3;
  return Object.entries(alert.annotations).toSorted((a, b) => place(a) - place(b));
}

export const alerts = page("api/v1/alerts", null, 2, ({ alerts: list }) => {
  if (!list.length) {
    return empty("Nothing is firing", h("p", {}, "No rule's condition holds at the moment. ", h("a", { href: "#rules" }, "See the rules"), "."));
  }
  const sorted = list.toSorted((a, b) => RANK[a.state] - RANK[b.state] || Date.parse(b.activeAt) - Date.parse(a.activeAt));
  return [h("h2", { class: "title" }, "Alerts"), h("ul", { class: "cards" }, sorted.map((alert) =>
    h("li", { class: `card ${alert.state}` },
      h("header", {}, badge(alert.state), h("h3", {}, alert.labels.alertname ?? "(no name)"), h("time", { datetime: alert.activeAt, title: alert.activeAt }, `for ${ago(alert.activeAt).replace(" ago", "")}`)),
      annotations(alert).map(([name, text]) => h("p", { class: name === "summary" ? "summary" : "" }, name === "summary" || name === "description" ? null : h("span", { class: "key" }, `${name}: `), text)),
      h("footer", {}, chips(alert.labels, ["alertname"]), h("span", { class: "value" }, "value ", h("b", {}, String(Number(alert.value))))))))];
});

function targetRow(target) {
  return h("tr", {},
    h("td", {}, badge(target.health)),
    h("td", {}, h("a", { href: target.globalUrl || target.scrapeUrl, rel: "noreferrer" }, target.scrapeUrl),
      chips(target.labels, ["job"]), target.lastError ? h("p", { class: "error" }, target.lastError) : null),
    h("td", { class: "number" }, ago(target.lastScrape)),
    h("td", { class: "number" }, duration(target.lastScrapeDuration), h("small", {}, ` every ${target.scrapeInterval}`)));
}

export const targets = page("api/v1/targets", { state: "active" }, 2, ({ activeTargets }, { params, set }, refresh) => {
  const isDownOnly = params.get("health") === "down";
  const isDown = (target) => target.health === "down";
  const toggle = () => {
    set({ health: isDownOnly ? "" : "down" });
    if (isDownOnly) params.delete("health");
    else params.set("health", "down");
    refresh();
  };
  if (!activeTargets.length) {
    return empty("No targets", h("p", {}, "Name some under ", h("code", {}, "scrape_configs"), " in a prometheus.yml and give it with ", h("code", {}, "--config.file"), "."));
  }
  const pools = Map.groupBy(activeTargets.filter((target) => !isDownOnly || isDown(target)), (target) => target.scrapePool);
  const down = activeTargets.filter(isDown).length;
  const up = activeTargets.filter((target) => target.health === "up").length;
  return [
    h("div", { class: "head" }, h("h2", { class: "title" }, "Targets ", h("small", {}, `${up} of ${activeTargets.length} up`)),
      down || isDownOnly ? h("button", { type: "button", "aria-pressed": String(isDownOnly), onclick: toggle }, `Only down (${down})`) : null),
    pools.size ? null : empty("All targets are up"),
    [...pools].map(([pool, members]) => h("section", { class: "panel" },
      h("header", {}, h("h3", {}, pool), h("small", {}, `${members.filter((t) => t.health === "up").length} of ${members.length} up`)),
      h("div", { class: "scroll" }, h("table", { class: "list" },
        h("thead", {}, h("tr", {}, ["State", "Endpoint", "Last scrape", "Duration"].map((name, index) => h("th", { scope: "col", class: index > 1 ? "number" : "" }, name)))),
        h("tbody", {}, members.toSorted((a, b) => RANK[a.health] - RANK[b.health]).map(targetRow)))))),
  ].flat();
});

function ruleRow(rule) {
  const isAlert = rule.type === "alerting" || rule.state !== undefined;
  const state = rule.health === "err" ? badge("firing", "error") : isAlert ? badge(rule.state) : badge("recording");
  return h("tr", {},
    h("td", {}, state),
    h("td", {}, h("strong", {}, rule.name), isAlert && rule.duration ? h("small", {}, ` for ${duration(rule.duration)}`) : null,
      queryLink(rule.query, h("code", { class: "query" }, rule.query)), rule.lastError ? h("p", { class: "error" }, rule.lastError) : null),
    h("td", { class: "number" }, ago(rule.lastEvaluation)),
    h("td", { class: "number" }, duration(rule.evaluationTime)));
}

export const rules = page("api/v1/rules", null, 5, ({ groups }) => {
  if (!groups.length) return empty("No rules", h("p", {}, "Rule files named under ", h("code", {}, "rule_files"), " appear here."));
  return [h("h2", { class: "title" }, "Rules"), ...groups.map((group) => h("section", { class: "panel" },
    h("header", {}, h("h3", {}, group.name), h("small", {}, `${group.file} · every ${duration(group.interval)}`)),
    h("div", { class: "scroll" }, h("table", { class: "list" },
      h("thead", {}, h("tr", {}, ["State", "Rule", "Evaluated", "Took"].map((name, index) => h("th", { scope: "col", class: index > 1 ? "number" : "" }, name)))),
      h("tbody", {}, group.rules.map(ruleRow))))))];
});

export { chips, queryLink, series };
