// What a dashboard needs once it is there: its keys, and drafts of it. One request after the first drawing.

export { watchDrafts } from "./drafts";
export { keysOf } from "./keys";
