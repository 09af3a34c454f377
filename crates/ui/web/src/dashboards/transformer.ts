// The code of transformations, loaded when the first panel has some.

import { signal } from "@preact/signals";
import type { Frame } from "../panels/frame";
import type { Scope } from "../panels/interpolate";
import type { Transformation } from "../panels/model";
import type { Transformed } from "../panels/transform";

type Transformer = (
  frames: readonly Frame[],
  list: readonly Transformation[] | undefined,
  scope: Scope,
) => Transformed;

const loaded = signal<Transformer | undefined>(undefined);
let loading = false;

function load(): void {
  if (loading) return;
  loading = true;
  import("../panels/transform").then(
    ({ transform }) => {
      loaded.value = transform;
    },
    (error: unknown) => {
      loading = false;
      console.error("cannot load the transformations", error);
    },
  );
}

/** The frames after all transformations; nothing while their code is on its way. */
export function useTransformer(
  list: readonly Transformation[] | undefined,
): Transformer | undefined {
  if (!list?.some((one) => !one.disabled)) return untouched;
  if (!loaded.value) load();
  return loaded.value;
}

const untouched: Transformer = (frames) => ({ frames: [...frames], unknown: [] });
