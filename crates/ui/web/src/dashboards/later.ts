// What a dashboard needs once it is there: its keys, drafts of it, changes by others. One request after the first drawing.

export { watchDrafts } from "./drafts";
export { follow } from "./follow";
export { keysOf } from "./keys";
