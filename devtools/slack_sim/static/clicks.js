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
const keyOf = (message, blockId, element) => [message.channel, message.ts, message.edited, blockId, element.action_id].join(" ");

// and a menu stays the same one, so that it may stay open
const menuKeyOf = (message, blockId, menu) => ["menu", message.channel, message.ts, blockId, menu.action_id].join(" ");

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

async function click(message, blockId, element, option = null) {
  const key = keyOf(message, blockId, element);
  if (pending.has(key)) return;
  if (element.confirm) {
    const yes = await confirmed(element.confirm);
    focusAgain(option ? menuKeyOf(message, blockId, element) : key);
    if (!yes) return;
  }
  const { url } = option ?? element;
  if (isWeb(url)) open(url, "_blank", "noopener,noreferrer");
  const { channel, ts } = message;
  await send(key, { channel, ts, block_id: blockId, action_id: element.action_id, ...(option ? { option: option.value } : {}) });
}

// not `disabled`: that would throw the keyboard's focus away
function showPending(key, control) {
  if (!pending.has(key)) return;
  control.setAttribute("aria-disabled", "true");
  control.setAttribute("aria-busy", "true");
}

function withFailure(key, drawn, name) {
  if (!failed.has(key)) return drawn;
  const why = make("span", "why", `${name}: ${failed.get(key)}`);
  const sign = make("span", "not-responding", warning(), make("span", "", NOT_RESPONDING, " ", why));
  sign.setAttribute("role", "alert");
  return make("span", "failed-button", drawn, sign);
}

export function drawButton(message, blockId, button) {
  const key = keyOf(message, blockId, button);
  const shown = make("button", `slack-button ${button.style ?? ""}`, button.text.text);
  shown.type = "button";
  shown.dataset.key = key;
  shown.title = button.url ? `Opens ${button.url}` : `Action ${button.action_id}`;
  if (button.accessibility_label) shown.setAttribute("aria-label", button.accessibility_label);
  showPending(key, shown);
  shown.addEventListener("click", () => click(message, blockId, button));
  return withFailure(key, shown, button.text.text);
}

// Slack shows "…" and opens the options above everything else; Escape and a click elsewhere close it.
export function drawOverflow(message, blockId, menu) {
  const key = keyOf(message, blockId, menu);
  const opener = make("summary", "slack-button overflow", "⋯");
  opener.setAttribute("aria-label", "More actions");
  opener.dataset.key = menuKeyOf(message, blockId, menu);
  showPending(key, opener);
  const entries = menu.options.map((option, number) => {
    const entry = make("button", "", option.text.text);
    entry.type = "button";
    entry.dataset.key = `${opener.dataset.key} ${number}`;
    if (option.description) entry.append(make("span", "hint", option.description.text));
    entry.addEventListener("click", () => {
      shown.open = false;
      opener.focus();
      click(message, blockId, menu, option);
    });
    return entry;
  });
  const list = make("div", "shortcut-list", ...entries);
  const shown = make("details", "overflow-menu", opener, list);
  shown.addEventListener("toggle", () => { if (shown.open) list.scrollIntoView({ block: "nearest" }); });
  shown.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown.open) return;
    shown.open = false;
    opener.focus();
  });
  shown.addEventListener("focusout", (event) => { if (!shown.contains(event.relatedTarget)) shown.open = false; });
  return withFailure(key, shown, "More actions");
}
