// A component whose code is loaded when it is first shown.

import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { asError } from "../app/load";
import { Loading, Problem } from "../components/state";

/** Shows a loading state until the code is there, and the problem when it cannot be had. */
export function lazyPart<P extends object>(
  load: () => Promise<ComponentType<P>>,
  what = "",
): (props: P) => JSX.Element {
  let known: ComponentType<P> | undefined;
  return function Lazy(props: P): JSX.Element {
    const [, setTurn] = useState(0);
    const [error, setError] = useState<Error>();
    useEffect(() => {
      if (known) return;
      load().then(
        (made) => {
          known = made;
          setTurn((turn) => turn + 1);
        },
        (thrown: unknown) => setError(asError(thrown)),
      );
    }, []);
    if (known) {
      const Part = known;
      return <Part {...props} />;
    }
    return error ? <Problem error={error} /> : <Loading {...(what ? { what } : {})} />;
  };
}
