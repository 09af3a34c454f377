// A component whose code is loaded when it is first shown, or before when it is known to be needed.

import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { asError } from "../app/load";
import { Loading, Problem } from "./state";

export interface LazyPart<P> {
  (props: P): JSX.Element;
  /** Loads the code now; a failure is told where the component is shown. */
  readonly preload: () => void;
}

/** Shows a loading state until the code is there, and the problem when it cannot be had. */
export function lazyPart<P extends object>(
  load: () => Promise<ComponentType<P>>,
  what = "",
): LazyPart<P> {
  let known: ComponentType<P> | undefined;
  let loading: Promise<void> | undefined;
  const start = (): Promise<void> => {
    loading ??= load().then(
      (made) => {
        known = made;
      },
      (thrown: unknown) => {
        loading = undefined;
        throw asError(thrown);
      },
    );
    return loading;
  };
  function Lazy(props: P): JSX.Element {
    const [Shown, setShown] = useState<ComponentType<P> | undefined>(() => known);
    const [error, setError] = useState<Error>();
    useEffect(() => {
      if (Shown) return undefined;
      let isShown = true;
      start().then(
        () => isShown && setShown(() => known),
        (thrown: Error) => isShown && setError(thrown),
      );
      return () => {
        isShown = false;
      };
    }, []);
    if (Shown) return <Shown {...props} />;
    return error ? <Problem error={error} /> : <Loading {...(what ? { what } : {})} />;
  }
  return Object.assign(Lazy, { preload: () => void start().catch(() => undefined) });
}
