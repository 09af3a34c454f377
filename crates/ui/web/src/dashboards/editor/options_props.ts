// What every group of options is given.

import type { Panel } from "../../panels/model";

export interface OptionsProps {
  panel: Panel;
  change: (next: (panel: Panel) => Panel) => void;
}

/** Choices that are shown as they are written. */
export const choices = (...values: string[]) => values.map((value) => ({ value, label: value }));
