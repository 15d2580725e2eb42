// Who is who: the names behind user ids, as the simulator last told them.

import { make } from "./dom.js";

export const READER = "U0READER";
let names = {};

export function setUsers(users) {
  names = users ?? {};
}

export function userMention(id) {
  const shown = make("span", id === READER ? "mention me" : "mention", `@${names[id] ?? id}`);
  shown.title = id;
  return shown;
}
