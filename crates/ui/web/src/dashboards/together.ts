// Answers that come close to each other are shown together: one layout and one picture for panels that
// are drawn quickly enough, slices of them otherwise.
// Used by the panels of a dashboard while they refresh; first answers are shown as they come.

/** How long the first of several answers waits for the others. */
const HOLD_MS = 120;

import { slices } from "../charts/slices";

export type Show = () => void;

const inSlices = (show: Show): void => slices.add(show, show);

/** Holds what is to be shown until nobody is expected any more, or the first has waited long enough. */
export class Together {
  readonly #holdMs: number;
  readonly #run: (show: Show) => void;
  #expected = 0;
  #held: Show[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(holdMs: number = HOLD_MS, run: (show: Show) => void = inSlices) {
    this.#holdMs = holdMs;
    this.#run = run;
  }

  /** One more answer is on its way; ends with one call of the answer, with nothing when it failed to come. */
  expect(): (show?: Show) => void {
    this.#expected += 1;
    let isOpen = true;
    return (show) => {
      if (!isOpen) return;
      isOpen = false;
      this.#expected -= 1;
      if (show) this.#held.push(show);
      if (this.#expected === 0) this.#flush();
      else if (this.#held.length > 0) this.#timer ??= setTimeout(() => this.#flush(), this.#holdMs);
    };
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = this.#held;
    this.#held = [];
    for (const show of all) this.#run(show);
  }
}

/** The panels of the page. */
export const together = new Together();
