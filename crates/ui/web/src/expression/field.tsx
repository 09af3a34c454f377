// The field of an expression: a plain text field at once, the editor as soon as it is loaded.

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { asError } from "../app/load";
import { classes } from "../components/button";
import type { Editor, EditorEvents } from "./codemirror";
import "./expression.css";

export interface ExpressionFieldProps extends EditorEvents {
  readonly text: string;
  readonly label: string;
  readonly isInvalid: boolean;
  /** Takes the focus when it appears. */
  readonly isFirst: boolean;
  /** Names of dashboards (`$__rate_interval`) are no PromQL: the text is not found fault with. */
  readonly hasVariables?: boolean;
}

export function ExpressionField(props: ExpressionFieldProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plain = useRef<HTMLTextAreaElement>(null);
  const editor = useRef<Editor>();
  const latest = useRef(props);
  latest.current = props;
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    let isWanted = true;
    import("./codemirror")
      .then(({ startEditor }) => {
        if (!isWanted || !host.current) return;
        const hadFocus = document.activeElement === plain.current;
        const { text, label, isFirst, hasVariables } = latest.current;
        const what = { text, label, isChecked: !hasVariables };
        editor.current = startEditor(host.current, what, () => latest.current);
        setReady(true);
        if (hadFocus || (isFirst && text === "")) editor.current.focus();
      })
      .catch((error: unknown) => console.warn("the plain field stays: no editor", asError(error)));
    return () => {
      isWanted = false;
      editor.current?.destroy();
    };
  }, []);
  useLayoutEffect(() => editor.current?.setText(props.text), [props.text, isReady]);
  return (
    <div class={classes("expression", props.isInvalid && "invalid")}>
      <div ref={host} class="expression-editor" hidden={!isReady} />
      {!isReady && <PlainField {...props} field={plain} />}
    </div>
  );
}

function PlainField(
  props: ExpressionFieldProps & { readonly field: { current: HTMLTextAreaElement | null } },
): JSX.Element {
  return (
    <textarea
      ref={props.field}
      class="expression-plain mono"
      rows={1}
      spellcheck={false}
      aria-label={props.label}
      value={props.text}
      onInput={(event) => props.onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.shiftKey) return;
        event.preventDefault();
        props.onRun();
      }}
    />
  );
}
