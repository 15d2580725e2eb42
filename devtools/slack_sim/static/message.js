// One message as a person sees it: who, when, what, and what hangs below it.

import { drawBlock } from "./blocks.js";
import { ago, fullTimeOf, timeOf, tsDate } from "./dates.js";
import { shortcutMenu } from "./commands.js";
import { avatar, make } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

function head(message) {
  const time = make("time", "", timeOf(message.ts));
  time.dateTime = tsDate(message.ts).toISOString();
  time.title = fullTimeOf(message.ts);
  return make("div", "head", make("span", "author", "newswatch"), make("span", "app", "APP"), time);
}

function body(message) {
  const drawn = make("div", "body");
  if (message.blocks.length) drawn.append(...message.blocks.map((block) => drawBlock(block, message)));
  else drawn.append(mrkdwn(message.text));
  if (message.edited) {
    const edited = make("span", "edited", "(edited)");
    edited.title = `Edited ${fullTimeOf(message.edited)}`;
    drawn.append(edited);
  }
  return drawn;
}

function threadLink(replies, open) {
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  const last = make("span", "last", `Last reply ${ago(tsDate(replies.at(-1).ts))}`);
  const button = make("button", "thread-link", avatar(), count, last);
  button.type = "button";
  button.addEventListener("click", open);
  return button;
}

export function drawMessage(message, { replies = [], open = null, broadcastNote = false, fresh = false }) {
  const item = make("li", "message");
  item.dataset.ts = message.ts;
  if (fresh) item.classList.add("fresh");
  const top = head(message);
  if (broadcastNote) {
    item.classList.add("broadcast");
    const back = make("button", "to-thread", "a thread");
    back.type = "button";
    back.addEventListener("click", open);
    top.append(make("span", "broadcast-note", "replied to ", back, " and sent it to the channel too"));
  }
  top.append(shortcutMenu(message));
  const content = body(message);
  if (replies.length) content.append(threadLink(replies, open));
  item.append(avatar(), top, content);
  return item;
}
