// Drawing in slices: many charts at once are drawn over several tasks, so that none blocks the page.
// Used by `TimeChart` for every drawing, and by panels that show what came together.

/** Milliseconds of work before the browser gets its turn; one job may take longer. */
const SLICE_MS = 25;

export type Job = () => void;

/** Jobs by what they are about: of several for one key the newest runs, in the place of the first. */
export class Slices {
  readonly #jobs = new Map<unknown, Job>();
  #isPlanned = false;
  #isAtOnce = false;

  /** How long a slice is, a clock in milliseconds, and what runs something in a task of its own. */
  constructor(
    private readonly sliceMs: number = SLICE_MS,
    private readonly now: () => number = () => performance.now(),
    private readonly later: (run: () => void) => void = (run) => void setTimeout(run),
  ) {}

  add(key: unknown, job: Job): void {
    if (this.#isAtOnce) return job();
    this.#jobs.set(key, job);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    // Not at the end of this callback: a frame calls many observers, each would draw in its task.
    this.later(() => void this.#run());
  }

  cancel(key: unknown): void {
    this.#jobs.delete(key);
  }

  /** Runs what waits now, and what comes at once, until told otherwise: for paper. */
  atOnce(isOn: boolean): void {
    this.#isAtOnce = isOn;
    if (!isOn) return;
    const all = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const job of all) job();
  }

  async #run(): Promise<void> {
    const end = this.now() + this.sliceMs;
    for (const [key, job] of this.#jobs) {
      this.#jobs.delete(key);
      job();
      // What a job leaves for the end of the task (a drawing, a rendering) belongs to its time.
      await Promise.resolve().then(() => undefined);
      if (this.now() >= end) break;
    }
    if (this.#jobs.size > 0) return this.later(() => void this.#run());
    this.#isPlanned = false;
  }
}

/** The drawings of the page. */
export const slices = new Slices();

if (typeof addEventListener === "function") {
  addEventListener("beforeprint", () => slices.atOnce(true));
  addEventListener("afterprint", () => slices.atOnce(false));
}
