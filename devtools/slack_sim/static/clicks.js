// Clicking: what is on its way, what came back, and what a person sees of it. The state outlives redraws.

import { confirmed } from "./confirm.js";
import { isWeb, make, warning } from "./dom.js";

const NOT_RESPONDING = "This app is not responding.";
const pending = new Set();
const failed = new Map();
let redraw = () => {};

export function onClicks(draw) {
  redraw = draw;
}

// an edited message has fresh buttons
const keyOf = (message, blockId, button) => [message.channel, message.ts, message.edited, blockId, button.action_id].join(" ");

async function send(key, order) {
  pending.add(key);
  failed.delete(key);
  redraw();
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/sim/click", { method: "POST", headers, body: JSON.stringify(order) });
    if (!answer.ok) throw new Error(await answer.text());
    const { acknowledged, error } = await answer.json();
    if (!acknowledged) failed.set(key, error);
  } catch (error) {
    failed.set(key, error.message);
  }
  pending.delete(key);
  redraw();
}

// the message may have been drawn again while a dialog had the focus
function focusAgain(key) {
  if (document.activeElement !== document.body) return;
  [...document.querySelectorAll("[data-key]")].find((entry) => entry.dataset.key === key)?.focus();
}

async function click(message, blockId, button) {
  const key = keyOf(message, blockId, button);
  if (pending.has(key)) return;
  if (button.confirm) {
    const yes = await confirmed(button.confirm);
    focusAgain(key);
    if (!yes) return;
  }
  if (isWeb(button.url)) open(button.url, "_blank", "noopener,noreferrer");
  const { channel, ts } = message;
  await send(key, { channel, ts, block_id: blockId, action_id: button.action_id });
}

export function drawButton(message, blockId, button) {
  const key = keyOf(message, blockId, button);
  const shown = make("button", `slack-button ${button.style ?? ""}`, button.text.text);
  shown.type = "button";
  shown.dataset.key = key;
  shown.title = button.url ? `Opens ${button.url}` : `Action ${button.action_id}`;
  if (button.accessibility_label) shown.setAttribute("aria-label", button.accessibility_label);
  if (pending.has(key)) {
    // not `disabled`: that would throw the keyboard's focus away
    shown.setAttribute("aria-disabled", "true");
    shown.setAttribute("aria-busy", "true");
  }
  shown.addEventListener("click", () => click(message, blockId, button));
  if (!failed.has(key)) return shown;
  const why = make("span", "why", `${button.text.text}: ${failed.get(key)}`);
  const sign = make("span", "not-responding", warning(), make("span", "", NOT_RESPONDING, " ", why));
  sign.setAttribute("role", "alert");
  return make("span", "failed-button", shown, sign);
}
