// Asks the simulator once a second what changed and redraws the open channel and thread.

import { onClicks } from "./clicks.js";
import { drawWhispers, setUpComposer } from "./commands.js";
import { dayName, dayOf } from "./dates.js";
import { lock, make } from "./dom.js";
import { drawMessage } from "./message.js";
import { drawModal, onModals } from "./modals.js";
import { setUsers } from "./users.js";

const POLL_MS = 1000;
const NEAR_END_PX = 80;
const by = (id) => document.getElementById(id);
const state = { version: null, channels: [], messages: [], whispers: [], views: [], channel: null, thread: null, seen: new Map(), drawn: null };

function readAddress() {
  const [channel, thread] = decodeURIComponent(location.hash.slice(1)).split("/");
  state.channel = channel || null;
  state.thread = thread || null;
}

function go(channel, thread = null) {
  const wanted = `#${channel}${thread ? `/${thread}` : ""}`;
  if (location.hash === wanted) draw();
  else location.hash = wanted;
}

// all ts texts have the same length, so they sort as numbers do
const byTs = (one, other) => (one.ts < other.ts ? -1 : 1);
const inChannel = (id) => state.messages.filter((message) => message.channel === id).sort(byTs);

function byThread(messages) {
  const threads = new Map();
  for (const message of messages) {
    if (!message.thread_ts) continue;
    if (!threads.has(message.thread_ts)) threads.set(message.thread_ts, []);
    threads.get(message.thread_ts).push(message);
  }
  return threads;
}

function drawSidebar() {
  const entries = [...state.channels].sort((one, other) => one.id.localeCompare(other.id)).map((channel) => {
    const count = channel.messages;
    if (channel.id === state.channel) state.seen.set(channel.id, count);
    const unread = count - (state.seen.get(channel.id) ?? count);
    if (!state.seen.has(channel.id)) state.seen.set(channel.id, count);
    const name = make("span", "name", channel.name);
    const button = make("button", unread > 0 ? "unread" : "", make("span", "sign", channel.private ? lock() : "#"), name);
    if (unread > 0) button.append(make("span", "count", String(unread)));
    button.type = "button";
    button.setAttribute("aria-current", String(channel.id === state.channel));
    button.title = `${channel.id}${channel.archived ? ", archived" : ""}${channel.member ? "" : ", the app is not a member"}`;
    button.addEventListener("click", () => go(channel.id));
    return make("li", "", button);
  });
  by("channels").replaceChildren(...entries);
}

function withDays(messages, draw) {
  const items = [];
  let day = null;
  for (const message of messages) {
    if (dayOf(message.ts) !== day) {
      day = dayOf(message.ts);
      items.push(make("li", "day", make("span", "", dayName(message.ts))));
    }
    items.push(draw(message));
  }
  return items;
}

// What has the focus and which menu is open outlive a redraw. Entries of a menu have the key of the menu and a number.
function fill(list, items) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX;
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const menu = list.querySelector("details[open] > summary")?.dataset.key;
  list.replaceChildren(...items);
  const drawn = (key) => [...list.querySelectorAll("[data-key]")].find((entry) => entry.dataset.key === key);
  if (menu && drawn(menu)) drawn(menu).parentElement.open = true;
  if (focused) drawn(focused)?.focus();
  if (atEnd) list.scrollTop = list.scrollHeight;
  return atEnd;
}

function drawChannel(fresh) {
  const channel = state.channels.find((entry) => entry.id === state.channel);
  if (!channel) return;
  const all = inChannel(channel.id);
  const threads = byThread(all);
  const tops = all.filter((message) => !message.thread_ts || message.broadcast);
  const items = withDays(tops, (message) => drawMessage(message, {
    replies: threads.get(message.ts) ?? [],
    open: () => go(channel.id, message.thread_ts ?? message.ts),
    broadcastNote: Boolean(message.thread_ts),
    fresh: fresh(message),
  }));
  if (!items.length) items.push(make("li", "empty", "No messages yet. They show here as soon as they are posted."));
  if (all.length < channel.messages) items.unshift(make("li", "empty", "Earlier messages are kept but not shown here."));
  const list = by("messages");
  const switched = state.drawn !== channel.id;
  const atEnd = fill(list, items);
  if (switched) list.scrollTop = list.scrollHeight;
  if (switched || atEnd) by("newer").hidden = true;
  else if (tops.some(fresh)) by("newer").hidden = false;
  state.drawn = channel.id;
  const notes = [channel.id, `${channel.messages} message${channel.messages === 1 ? "" : "s"}`];
  if (channel.archived) notes.push("archived");
  if (!channel.member) notes.push("the app is not a member");
  by("channel-name").textContent = `# ${channel.name}`;
  by("channel-facts").textContent = notes.join(" · ");
  by("thread-channel").textContent = `# ${channel.name}`;
  document.title = `${channel.name} – Slack simulator`;
}

function drawThread(fresh) {
  const all = inChannel(state.channel);
  const parent = all.find((message) => message.ts === state.thread);
  by("thread").hidden = !parent;
  if (!parent) return;
  const replies = all.filter((message) => message.thread_ts === parent.ts);
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  fill(by("thread-messages"), [
    drawMessage(parent, {}),
    make("li", "divide-replies", count),
    ...replies.map((message) => drawMessage(message, { fresh: fresh(message) })),
  ]);
}

function draw(fresh = () => false) {
  readAddress();
  const known = state.channels.some((channel) => channel.id === state.channel);
  if (!known) state.channel = [...state.channels].map((channel) => channel.id).sort()[0] ?? null;
  drawSidebar();
  drawChannel(fresh);
  drawThread(fresh);
  drawWhispers(state.whispers, state.channel);
  drawModal(state.views);
}

async function look() {
  try {
    const known = state.version === null ? "" : `?version=${state.version}`;
    const answer = await (await fetch(`/sim/view${known}`, { cache: "no-store" })).json();
    by("connection").textContent = "Live";
    by("connection").className = "";
    if (answer.messages) {
      const before = new Set(state.messages.map((message) => `${message.channel}/${message.ts}`));
      const first = state.version === null;
      Object.assign(state, answer);
      setUsers(answer.users);
      draw((message) => !first && !before.has(`${message.channel}/${message.ts}`));
    }
  } catch (error) {
    by("connection").textContent = "Simulator not reachable, trying again";
    by("connection").className = "lost";
    console.info(error);
  }
}

async function poll() {
  await look();
  setTimeout(poll, POLL_MS);
}

onClicks(() => draw());
onModals(look);
setUpComposer(() => state.channel);
by("close-thread").addEventListener("click", () => go(state.channel));
by("newer").addEventListener("click", () => { by("messages").scrollTop = by("messages").scrollHeight; by("newer").hidden = true; });
addEventListener("hashchange", () => draw());
addEventListener("keydown", (event) => { if (event.key === "Escape" && state.thread && !document.querySelector("dialog")) go(state.channel); });
poll();
