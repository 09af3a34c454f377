// The editor of expressions: CodeMirror with PromQL, loaded only when it is needed.
// Lives in a shadow root with adopted style sheets, because the security policy refuses inline styles.

import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import {
  defaultKeymap,
  history,
  historyKeymap,
  insertNewlineAndIndent,
} from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { type Metadata, metadata } from "../api/prometheus";

/** What the editor tells. */
export interface EditorEvents {
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
  /** An older (1) or newer (-1) expression is wanted; gives it when there is one. */
  readonly onPast: (direction: 1 | -1) => string | undefined;
}

export interface Editor {
  readonly setText: (text: string) => void;
  readonly insert: (text: string) => void;
  readonly focus: () => void;
  readonly destroy: () => void;
}

/** Starts an editor in `host`; `events` is asked anew each time. */
export function startEditor(
  host: HTMLElement,
  { text, label, isChecked }: { text: string; label: string; isChecked: boolean },
  events: () => EditorEvents,
): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const promql = language().activateLinter(isChecked);
  const state = EditorState.create({
    doc: text,
    extensions: [
      Prec.highest(keymap.of(keysOf(events))),
      history(),
      bracketMatching(),
      closeBrackets(),
      autocompletion({ icons: false }),
      promql.asExtension(),
      helpOnHover,
      replaceSelected,
      syntaxHighlighting(colors),
      look,
      EditorView.lineWrapping,
      placeholder(
        "An expression, such as rate(http_requests_total[5m]); ctrl+space lists what there is",
      ),
      EditorView.contentAttributes.of({ "aria-label": label, "data-editor": "promql" }),
      keymap.of([
        ...closeBracketsKeymap,
        ...completionKeymap,
        ...historyKeymap,
        ...lintKeymap,
        ...defaultKeymap,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) events().onChange(update.state.doc.toString());
      }),
    ],
  });
  const view = new EditorView({ state, parent: root, root });
  const setText = (next: string) => {
    if (next === view.state.doc.toString()) return;
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: next },
      selection: { anchor: next.length },
    });
  };
  return {
    setText,
    insert: (added) => {
      view.dispatch(view.state.replaceSelection(added));
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => {
      promql.destroy();
      view.destroy();
    },
  };
}

/** The language with names and values from this server. */
function language(): PromQLExtension {
  const url = new URL(".", document.baseURI).href.replace(/\/$/, "");
  return new PromQLExtension().setComplete({
    remote: { url, httpMethod: "GET", cache: { maxAge: 60_000 } },
  });
}

function keysOf(events: () => EditorEvents) {
  const past = (direction: 1 | -1) => (view: EditorView) => {
    const text = events().onPast(direction);
    if (text === undefined) return true;
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: text },
      selection: { anchor: text.length },
    });
    return true;
  };
  const run = (view: EditorView) => {
    // A list that is still on its way would cover the answer.
    closeCompletion(view);
    events().onRun();
    return true;
  };
  return [
    { key: "Ctrl-Enter", run },
    // Of a list that opened under the finger nothing is taken: what was typed runs.
    { key: "Enter", run: (view: EditorView) => acceptCompletion(view) || run(view) },
    { key: "Shift-Enter", run: insertNewlineAndIndent },
    { key: "Ctrl-ArrowUp", run: past(1) },
    { key: "Ctrl-ArrowDown", run: past(-1) },
    { key: "Ctrl-Space", run: startCompletion },
  ];
}

/**
 * A browser gives what is typed over a selection the look of what was there, as an inline style,
 * which the security policy refuses with an error: here the selection is replaced by the editor.
 */
const replaceSelected = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { inputType, data, isComposing } = event;
    const { from, to, empty } = view.state.selection.main;
    if (inputType !== "insertText" || !data || isComposing || empty) return false;
    event.preventDefault();
    const insert = () =>
      view.state.update(view.state.replaceSelection(data), {
        userEvent: "input.type",
        scrollIntoView: true,
      });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, data, insert))) view.dispatch(insert());
    return true;
  },
});

let known: Promise<Record<string, Metadata[]>> | undefined;

/** Type and help of the metric under the pointer. */
const helpOnHover = hoverTooltip(async (view, position) => {
  const { text, from } = view.state.doc.lineAt(position);
  const word = [...text.matchAll(/[a-zA-Z_:][\w:]*/g)].find(
    ({ index, 0: name }) => from + index <= position && position <= from + index + name.length,
  );
  if (!word) return null;
  known ??= metadata();
  const about = await known.catch(() => {
    known = undefined;
    return undefined;
  });
  const found =
    about?.[word[0]]?.[0] ?? about?.[word[0].replace(/_(?:total|bucket|sum|count)$/, "")]?.[0];
  if (!found) return null;
  return {
    pos: from + word.index,
    end: from + word.index + word[0].length,
    above: true,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "metric-help";
      dom.textContent = `${found.type}${found.unit ? `, ${found.unit}` : ""}: ${found.help || "no help"}`;
      return { dom };
    },
  };
});

const colors = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--c5)" },
  { tag: tags.modifier, color: "var(--c5)" },
  { tag: tags.operator, color: "var(--muted)" },
  { tag: [tags.function(tags.variableName), tags.name], color: "var(--c1)" },
  { tag: tags.labelName, color: "var(--c6)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: tags.number, color: "var(--c2)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--bad)", textDecoration: "underline wavy" },
]);

const look = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", maxHeight: "40vh" },
  ".cm-content": { padding: "5px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 8px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-placeholder": { color: "var(--muted)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
  ".cm-matchingBracket": {
    backgroundColor: "var(--accent-soft) !important",
    outline: "1px solid var(--accent)",
  },
  ".cm-tooltip": {
    border: "1px solid var(--line)",
    borderRadius: "6px",
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    boxShadow: "var(--shadow)",
    zIndex: "50",
  },
  ".cm-tooltip .metric-help": { padding: "4px 8px", maxWidth: "480px", fontFamily: "var(--sans)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mono)",
    fontSize: "12px",
    maxHeight: "300px",
  },
  ".cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-completionDetail": { color: "var(--muted)", marginLeft: "1em", fontStyle: "normal" },
  ".cm-completionInfo": {
    padding: "6px 8px",
    maxWidth: "420px",
    fontFamily: "var(--sans)",
    fontSize: "12px",
  },
  // On a narrow screen there is room over the list only, where it hides what can be chosen.
  "@media (max-width: 600px)": { ".cm-completionInfo": { display: "none !important" } },
  ".cm-completionMatchedText": {
    textDecoration: "none",
    fontWeight: "700",
    color: "var(--accent)",
  },
  ".cm-diagnostic": { fontFamily: "var(--sans)", fontSize: "12px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--bad)" },
});
