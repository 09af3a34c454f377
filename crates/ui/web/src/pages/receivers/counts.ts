// What became of the last messages of each receiver. Pure.

import type { Decision } from "../../api/alertmanager";

export interface Delivered {
  readonly receiver: string;
  readonly sent: number;
  readonly failed: number;
  readonly held: number;
  readonly muted: number;
  /** When it was last told, RFC 3339. */
  readonly lastSent: string | undefined;
  /** What went wrong last, if nothing has arrived since. */
  readonly trouble: string | undefined;
}

const FAILED = ["retried", "refused"];

/** Counts by receiver; those without decisions have zeros. `decisions` are oldest first. */
export function deliveries(names: readonly string[], decisions: readonly Decision[]): Delivered[] {
  const all = [...new Set([...names, ...decisions.map((one) => one.receiver)])];
  return all.map((receiver) => {
    const own = decisions.filter((one) => one.receiver === receiver);
    const count = (is: (code: string) => boolean) => own.filter((one) => is(one.code)).length;
    const lastSent = own.findLast((one) => one.code === "sent");
    const lastFailed = own.findLast((one) => FAILED.includes(one.code));
    const isTroubled = lastFailed && (!lastSent || lastSent.at < lastFailed.at);
    return {
      receiver,
      sent: count((code) => code === "sent"),
      failed: count((code) => FAILED.includes(code)),
      held: count((code) => code === "held"),
      muted: count((code) => code !== "sent" && code !== "held" && !FAILED.includes(code)),
      lastSent: lastSent?.at,
      trouble: isTroubled ? lastFailed.reason : undefined,
    };
  });
}
