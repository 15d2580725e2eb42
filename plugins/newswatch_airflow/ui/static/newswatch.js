// Refreshes live parts, copies links (the frame blocks new tabs) and sends writes. All else is HTML.
"use strict";

const toast = document.getElementById("toast");

function tell(text, bad) {
  toast.textContent = text;
  toast.className = bad ? "shown bad" : "shown";
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { toast.className = ""; }, bad ? 15000 : 6000);
}

// ── live parts ──────────────────────────────────────────────────────────────────────────────

function busy(part) {
  const selection = getSelection();
  const selecting = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  const active = document.activeElement;
  return selecting || (part.contains(active) && active.matches("input, select, textarea"));
}

// After a part is replaced, the control that had the focus gets it back, or its neighbour if it is gone.
const CONTROLS = "a[href], button, summary, input:not([type=hidden]), select";
const named = (one) => `${one.closest("[id]")?.id} ${one.closest("form")?.dataset.post || ""} ${one.outerHTML}`;

function focused(part) {
  const at = [...part.querySelectorAll(CONTROLS)].indexOf(document.activeElement);
  return at < 0 ? null : { at, name: named(document.activeElement) };
}

function focusAgain(part, held) {
  if (!held) return;
  const all = [...part.querySelectorAll(CONTROLS)];
  const one = all.find((other) => named(other) === held.name) || all[Math.min(held.at, all.length - 1)];
  if (one) one.focus({ preventScroll: true });
}

// Children that all have ids are kept where they are; of the others all are replaced if anything changed.
const allNamed = (one) => one.children.length > 0 && [...one.children].every((child) => child.id);

function renew(part, next) {
  if (part.isEqualNode(next)) return;
  part.className = next.className;
  if (!allNamed(part) || !allNamed(next)) {
    part.replaceChildren(...[...next.childNodes].map((node) => document.importNode(node, true)));
    return;
  }
  const known = new Map([...part.children].map((child) => [child.id, child]));
  let at = part.firstElementChild;
  for (const child of next.children) {
    const one = known.get(child.id);
    known.delete(child.id);
    if (one) renew(one, child);
    if (one && one === at) at = at.nextElementSibling;
    else part.insertBefore(one || document.importNode(child, true), at);
  }
  for (const gone of known.values()) gone.remove();
}

// What must not move while stories come in above it: what has the focus or the pointer, else the first one in view.
function steady(part) {
  const cards = [...part.querySelectorAll("li[id]")];
  const one = cards.find((card) => card.contains(document.activeElement))
    || cards.find((card) => card.matches(":hover"))
    || (scrollY > 0 && cards.find((card) => card.getBoundingClientRect().bottom > 0));
  const known = new Set(cards.map((card) => card.id));
  return { id: one ? one.id : "", top: one ? one.getBoundingClientRect().top : 0, known };
}

function hold(part, { id, top, known }) {
  const one = id && document.getElementById(id);
  if (one) scrollBy({ top: one.getBoundingClientRect().top - top, behavior: "instant" });
  const newer = document.getElementById("newer");
  if (!newer) return;
  const above = [...part.querySelectorAll("li[id]")].filter((card) => !known.has(card.id) && card.getBoundingClientRect().bottom <= 0);
  if (!above.length) return;
  newer.dataset.count = Number(newer.dataset.count || 0) + above.length;
  newer.textContent = `${newer.dataset.count} new ↑`;
  newer.hidden = false;
}

function seenAll() {
  const newer = document.getElementById("newer");
  if (!newer || scrollY > 40) return;
  newer.hidden = true;
  newer.dataset.count = 0;
}

addEventListener("scroll", seenAll, { passive: true });
document.getElementById("newer")?.addEventListener("click", () => scrollTo({ top: 0 }));

async function refresh(force) {
  const parts = [...document.querySelectorAll("[data-live]")].filter((part) => force || !busy(part));
  if (!parts.length) return;
  const asked = location.href;
  const answer = await fetch(asked, { headers: { Accept: "text/html" } });
  if (!answer.ok && answer.status !== 503) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (location.href !== asked) return; // filtered or sorted meanwhile
  for (const part of parts) {
    const next = fresh.getElementById(part.id);
    if (!next) continue;
    const held = focused(part);
    const place = steady(part);
    for (const one of part.querySelectorAll("details[id]")) { // what was opened, or closed, stays so
      const again = fresh.getElementById(one.id);
      if (again) again.open = one.open;
    }
    renew(part, next);
    if (!next.dataset.live) delete part.dataset.live; // what it waited for is there
    if (!part.contains(document.activeElement)) focusAgain(part, held);
    hold(part, place);
  }
}

// As often as the part that asks for it most often, which may be gone the next time.
function keepFresh() {
  const paces = [...document.querySelectorAll("[data-live]")].map((part) => Number(part.dataset.live));
  if (!paces.length) return;
  setTimeout(() => {
    if (!document.hidden) refresh(false).catch(() => {}); // a passing failure: the next refresh tries again
    keepFresh();
  }, Math.min(...paces) * 1000);
}

keepFresh();

// ── filters that act while one types, and columns that sort ─────────────────────────────────

{
  const filter = document.querySelector("form[role=search]");
  const TYPED_MS = 200;
  let typing = 0;

  const act = () => {
    clearTimeout(typing);
    const given = [...new FormData(filter)].filter(([, value]) => value);
    history.replaceState(null, "", given.length ? `?${new URLSearchParams(given)}` : location.pathname);
    refresh(true).catch((error) => tell(`The request failed: ${error.message}`, true));
  };

  if (filter?.matches("[data-typed]")) {
    filter.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(act, TYPED_MS);
    });
    filter.addEventListener("submit", (event) => {
      event.preventDefault();
      act();
    });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-sort]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    filter.elements.sort.value = new URL(link.href).searchParams.get("sort") || "";
    act(); // with what was typed until now
  });

  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !filter) return;
    if (event.target.closest("input, select, textarea, [contenteditable=true], dialog")) return;
    event.preventDefault();
    filter.querySelector("input[type=search]").select();
  });
}

// ── menus ───────────────────────────────────────────────────────────────────────────────────

function closeMenus(but) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== but) menu.open = false;
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// ── copying ─────────────────────────────────────────────────────────────────────────────────

function copyByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy"); // the frame may not be allowed to use the clipboard API
  field.remove();
  return copied;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  let copied = false;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    copied = true;
  } catch {
    copied = copyByHand(button.dataset.copy);
    button.focus();
  }
  tell(copied ? "Copied." : `Copy it by hand: ${button.dataset.copy}`, !copied);
});

// ── writes ──────────────────────────────────────────────────────────────────────────────────

async function send(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json", "X-Newswatch": "1", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  let data = {};
  try {
    data = JSON.parse(text);
  } catch {
    data = { detail: text.slice(0, 300) };
  }
  if (!answer.ok) {
    const detail = typeof data.detail === "string" ? data.detail : `It was refused (${answer.status}).`;
    throw Object.assign(new Error(detail), { status: answer.status, data });
  }
  return data;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form) return;
  event.preventDefault();
  const button = event.submitter || form.querySelector("button");
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true"; // a disabled button would lose the focus
  try {
    const data = await send("POST", form.dataset.post, Object.fromEntries(new FormData(form)));
    tell(data.message || "Done.", false);
    button.ariaDisabled = null;
    const menu = form.closest("details.menu");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    if (form.dataset.then) location.assign(form.dataset.then);
    else await refresh(true);
  } catch (error) {
    tell(error.message, true);
  } finally {
    button.ariaDisabled = null;
  }
});

// ── pieces of pages, asked for with a form ──────────────────────────────────────────────────

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-into]");
  if (!form) return;
  event.preventDefault();
  await fill(form, Object.fromEntries(new FormData(form)));
});

// Another choice in the piece itself: it is asked for again with that, and keeps what was typed into it.
document.addEventListener("change", async (event) => {
  const select = event.target.closest("select[data-again]");
  if (!select) return;
  const { url, type, list, ...typed } = Object.fromEntries(new FormData(select.form));
  await fill(document.querySelector(`form[data-into="${select.dataset.again}"]`), { url, type, list });
  const place = document.getElementById(select.dataset.again);
  for (const [name, value] of Object.entries(typed)) {
    const field = place.querySelector(`[name="${name}"]`);
    if (field) field.value = value;
  }
  place.querySelector("select[data-again]")?.focus();
});

async function fill(form, asked) {
  const place = document.getElementById(form.dataset.into);
  const button = form.querySelector("button");
  const dialog = place.closest("dialog");
  button.disabled = true;
  place.textContent = "Looking…";
  if (dialog && !dialog.open) dialog.showModal();
  try {
    const answer = await fetch(form.dataset.path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Newswatch": "1", Accept: "application/json" },
      body: JSON.stringify(asked),
    });
    const text = await answer.text();
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(text, "text/html");
      place.replaceChildren(...[...fresh.body.childNodes].map((node) => document.importNode(node, true)));
      place.querySelector("[autofocus]")?.focus();
    } else {
      place.textContent = JSON.parse(text).detail;
    }
  } catch (error) {
    place.textContent = `The request failed: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

// ── parts that take a while, asked for with a link to their own page ────────────────────────

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-load]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  load(link, "Reading stored items…");
});

async function load(link, meanwhile) {
  const place = document.getElementById(link.dataset.load);
  place.textContent = meanwhile;
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = answer.ok ? fresh.getElementById("part") : fresh.querySelector("main");
    place.replaceChildren(...[...part.childNodes].map((node) => document.importNode(node, true)));
  } catch (error) {
    place.textContent = `The request failed: ${error.message}`;
  }
}

for (const link of document.querySelectorAll("a[data-load][data-now]")) load(link, "Loading…");

// Within Airflow's frame, which has the focus already, browsers do not respect `autofocus`.
document.querySelector("main [autofocus]")?.focus({ preventScroll: true });
