import { expect, it } from "vitest";
import { EventReader } from "./live";

it("cuts a stream into events wherever its parts end", () => {
  const text = 'event: begin\ndata: {"every_ms":1000}\n\nevent: point\ndata: {"id":"a: b"}\n\n';
  const expected = [
    { name: "begin", data: '{"every_ms":1000}' },
    { name: "point", data: '{"id":"a: b"}' },
  ];
  for (let at = 0; at <= text.length; at += 1) {
    const reader = new EventReader();
    expect([...reader.push(text.slice(0, at)), ...reader.push(text.slice(at))]).toEqual(expected);
  }
});

it("keeps what is not complete for later", () => {
  const reader = new EventReader();
  expect(reader.push("event: point\ndata: 1\n")).toEqual([]);
  expect(reader.push("\n")).toEqual([{ name: "point", data: "1" }]);
});
