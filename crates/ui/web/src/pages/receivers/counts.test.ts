import { expect, test } from "vitest";
import { deliveries } from "./counts";

const decision = (receiver: string, code: string, at: string) => ({
  receiver,
  code,
  at,
  groupKey: "",
  reason: `${code} at ${at}`,
  alerts: [],
});

test("messages are counted by receiver; trouble is what nothing has followed", () => {
  const counted = deliveries(
    ["chat", "idle"],
    [
      decision("chat", "held", "1"),
      decision("chat", "refused", "2"),
      decision("chat", "sent", "3"),
      decision("pager", "sent", "4"),
      decision("pager", "retried", "5"),
      decision("pager", "silenced", "6"),
    ],
  );
  expect(counted).toEqual([
    { receiver: "chat", sent: 1, failed: 1, held: 1, muted: 0, lastSent: "3", trouble: undefined },
    {
      receiver: "idle",
      sent: 0,
      failed: 0,
      held: 0,
      muted: 0,
      lastSent: undefined,
      trouble: undefined,
    },
    {
      receiver: "pager",
      sent: 1,
      failed: 1,
      held: 0,
      muted: 1,
      lastSent: "4",
      trouble: "retried at 5",
    },
  ]);
});
