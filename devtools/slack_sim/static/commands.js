// Typing a command, choosing a shortcut in a message's menu, and what only the reader sees.

import { drawBlock } from "./blocks.js";
import { make } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { READER } from "./users.js";

const COMMAND = "/newswatch";
const SHORTCUTS = [["newswatch_missed", "Missed by newswatch"], ["newswatch_why", "Why here?"]];
const SHOWN = 3;
const by = (id) => document.getElementById(id);

export async function order(path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

async function say(path, body) {
  by("command-answer").textContent = "";
  try {
    const { acknowledged, error } = await order(path, body);
    if (!acknowledged) by("command-answer").textContent = `This app is not responding. ${error}`;
    return acknowledged;
  } catch (error) {
    by("command-answer").textContent = error.message;
    return false;
  }
}

export function setUpComposer(channel) {
  by("composer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const [command, ...words] = by("command").value.trim().split(" ");
    if (command !== COMMAND) {
      by("command-answer").textContent = `Only commands can be typed here: ${COMMAND} help`;
      return;
    }
    if (await say("/sim/command", { channel: channel(), command, text: words.join(" ") })) by("command").value = "";
  });
}

export function shortcutMenu(message) {
  const more = make("summary", "", "⋯");
  more.setAttribute("aria-label", "Message shortcuts");
  more.dataset.key = `shortcuts ${message.channel} ${message.ts}`;
  const entries = SHORTCUTS.map(([name, label]) => {
    const button = make("button", "", label);
    button.type = "button";
    button.dataset.key = `${more.dataset.key} ${name}`;
    button.addEventListener("click", () => {
      button.closest("details").open = false;
      say("/sim/shortcut", { channel: message.channel, ts: message.ts, callback_id: name });
    });
    return button;
  });
  return make("details", "shortcuts", more, make("div", "shortcut-list", ...entries));
}

export function drawWhispers(whispers, channel) {
  const mine = whispers.filter((one) => one.user === READER && one.channel === channel).slice(-SHOWN);
  const entries = mine.map((one) => {
    const blocks = one.blocks ?? [];
    const content = blocks.length ? blocks.map((block) => drawBlock(block, one)) : [mrkdwn(one.text)];
    return make("li", "whisper", make("p", "only-you", "Only visible to you"), ...content);
  });
  const list = by("whispers");
  const known = list.dataset.count === `${channel} ${whispers.length}`;
  if (known) return;
  list.dataset.count = `${channel} ${whispers.length}`;
  list.replaceChildren(...entries);
  list.scrollTop = list.scrollHeight;
}
