// The box for expressions: grows with its text and completes metric names at the caret.

import { get } from "./api.js";
import { h } from "./dom.js";

let metricNames;

/** Metric names that fit the word before the caret; loaded once. */
async function suggestions(word, signal) {
  metricNames ??= get("api/v1/label/__name__/values", null, { signal }).catch(() => {
    metricNames = undefined;
    return [];
  });
  const names = await metricNames;
  const rank = (name) => (name.startsWith(word) ? 0 : 1);
  return names.filter((name) => name !== word && name.includes(word))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b)).slice(0, 8);
}

/** `onsubmit` is called when Enter is pressed and no name is being chosen. */
export function box(value, signal, onsubmit) {
  const options = h("ul", { id: "names", role: "listbox", "aria-label": "Metric names", hidden: true });
  const area = h("textarea", {
    id: "expr", rows: 1, spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    placeholder: "Expression, e.g. rate(node_cpu_seconds_total[1m])",
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
    const isTaken = chosen >= 0 && (event.key === "Enter" || event.key === "Tab");
    if (isOpen && event.key === "ArrowDown") choose(1);
    else if (isOpen && event.key === "ArrowUp") choose(chosen < 0 ? 0 : -1);
    else if (isOpen && isTaken) complete(options.children[chosen].textContent);
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
