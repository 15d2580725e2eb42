// The watchlist editor: colours, checking while you type, saving, trying and backtesting a draft.
"use strict";

const editor = document.getElementById("editor");
const area = document.getElementById("text");
const shade = editor.querySelector(".shade");
const verdict = document.getElementById("verdict");
const list = document.getElementById("problems");
const saveButton = document.getElementById("save");
const MOST_SHADED = 150000; // characters; a longer text is shown without colours

// ── colours ─────────────────────────────────────────────────────────────────────────────────

const TOKEN = /(#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(^\s*(?:- +)?[{]?\s*|[{,]\s*)([\w.-]+)(?=:(?:\s|$))|(\$[\w-]+)|\b(AND|OR|NOT|O?NEAR\/\d+)\b/g;

function piece(kind, text) {
  if (!kind) return document.createTextNode(text);
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  return span;
}

function shadedLine(line, kind, into) {
  if (kind) {
    const indent = /^[\s-]*/.exec(line)[0];
    into.append(piece("", indent));
    line = line.slice(indent.length);
    const marked = document.createElement("span");
    marked.className = kind;
    into.append(marked);
    into = marked;
  }
  let from = 0;
  for (const found of line.matchAll(TOKEN)) {
    const [whole, note, quoted, lead, key, name, word] = found;
    if (note !== undefined && found.index > 0 && !/\s/.test(line[found.index - 1])) continue;
    const start = found.index + (lead ? lead.length : 0);
    into.append(piece("", line.slice(from, start)));
    const kind = note !== undefined ? "note" : quoted !== undefined ? "quoted" : key !== undefined ? "key" : name !== undefined ? "list" : "word";
    into.append(piece(kind, line.slice(start, found.index + whole.length)));
    from = found.index + whole.length;
  }
  into.append(piece("", line.slice(from) + "\n"));
}

const faults = new Map(); // line → how it is underlined

function colour() {
  const shaded = area.value.length <= MOST_SHADED;
  shade.parentElement.classList.toggle("shaded", shaded);
  const fresh = document.createDocumentFragment();
  if (shaded) area.value.split("\n").forEach((line, at) => shadedLine(line, faults.get(at + 1), fresh));
  shade.replaceChildren(fresh);
  follow();
}

function follow() {
  shade.scrollTop = area.scrollTop;
  shade.scrollLeft = area.scrollLeft;
}

// ── places ──────────────────────────────────────────────────────────────────────────────────

function offsetOf(line, col) {
  const lines = area.value.split("\n");
  let offset = 0;
  for (let number = 0; number < line - 1 && number < lines.length; number += 1) offset += lines[number].length + 1;
  return offset + [...(lines[line - 1] || "")].slice(0, col - 1).join("").length;
}

function go(line, col) {
  const at = offsetOf(line, col);
  area.focus();
  area.setSelectionRange(at, at);
  const height = parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 4) * height);
  follow();
}

// ── the check ───────────────────────────────────────────────────────────────────────────────

let asked = 0;

function show(problems) {
  list.replaceChildren(...problems.map((problem) => {
    const entry = document.createElement("li");
    entry.className = problem.severity;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${problem.file}:${problem.line}:${problem.col}: ${problem.severity === "warning" ? "warning: " : ""}${problem.message}`;
    if (problem.file === editor.dataset.name) button.addEventListener("click", () => go(problem.line, problem.col));
    entry.append(button);
    return entry;
  }));
}

function underline(problems) {
  faults.clear();
  for (const { file, line, severity } of problems) {
    if (file !== editor.dataset.name || faults.get(line) === "wrong") continue;
    faults.set(line, severity === "warning" ? "doubtful" : "wrong");
  }
  colour();
}

function say(text, kind) {
  verdict.textContent = text;
  verdict.className = kind;
}

async function check() {
  const mine = ++asked;
  say("Checking…", "");
  try {
    const data = await send("POST", `${editor.dataset.api}/check`, { name: editor.dataset.name, text: area.value });
    if (mine !== asked) return;
    show(data.problems);
    underline(data.problems);
    const errors = data.problems.filter((problem) => problem.severity === "error").length;
    const warnings = data.problems.length - errors;
    const more = warnings ? `, ${warnings} warning${warnings === 1 ? "" : "s"}` : "";
    say(data.ok ? `No errors${more}.` : `${errors} error${errors === 1 ? "" : "s"}${more}.`, data.ok ? "good" : "bad");
    if (!area.readOnly) saveButton.disabled = !data.ok;
    const names = document.getElementById("rules");
    if (data.ok) names.replaceChildren(...data.rules.map((name) => Object.assign(document.createElement("option"), { value: name })));
  } catch (error) {
    if (mine === asked) say(error.message, "bad");
  }
}

// ── saving ──────────────────────────────────────────────────────────────────────────────────

const theirs = document.getElementById("theirs");
let saved = area.value;

async function save() {
  const text = area.value;
  saveButton.disabled = true;
  try {
    const body = { name: editor.dataset.name, text, digest: editor.dataset.digest };
    const data = await send("POST", `${editor.dataset.api}/save`, body);
    editor.dataset.digest = data.digest;
    saved = text;
    theirs.hidden = true;
    say(data.message, "good");
    tell(data.message, false);
  } catch (error) {
    say(error.message, "bad");
    if (error.status === 422 && error.data.problems) show(error.data.problems);
    if (error.status === 409) {
      theirs.querySelector("pre").textContent = error.data.text;
      theirs.dataset.digest = error.data.digest;
      theirs.hidden = false;
    }
  } finally {
    saveButton.disabled = false;
  }
}

// ── trying and backtesting ──────────────────────────────────────────────────────────────────

async function part(form) {
  const kind = form.dataset.part;
  const place = document.getElementById(kind);
  const button = form.querySelector("button");
  button.disabled = true;
  place.textContent = kind === "backtest" ? "Trying stored items; this may take a while…" : "Trying…";
  try {
    const body = { ...Object.fromEntries(new FormData(form)), name: editor.dataset.name, text: area.value };
    const answer = await fetch(`${editor.dataset.api}/${kind}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Newswatch": "1", Accept: "application/json" },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) {
      place.textContent = JSON.parse(text).detail;
      return;
    }
    const fresh = new DOMParser().parseFromString(text, "text/html");
    place.replaceChildren(...[...fresh.body.childNodes].map((node) => document.importNode(node, true)));
  } catch (error) {
    place.textContent = `The request failed: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

// ── wiring ──────────────────────────────────────────────────────────────────────────────────

colour();
area.addEventListener("scroll", follow);
const place = document.getElementById("place");
if (place) {
  document.addEventListener("selectionchange", () => {
    if (document.activeElement !== area) return;
    const before = area.value.slice(0, area.selectionStart).split("\n");
    place.textContent = `Line ${before.length}, column ${[...before.at(-1)].length + 1}`;
  });
}
if (editor.dataset.rule) {
  const lines = area.value.split("\n");
  const line = lines.findIndex((text) => /\bid:/.test(text) && text.includes(editor.dataset.rule));
  if (line >= 0) go(line + 1, 1);
}
if (editor.dataset.check) {
  let waiting = 0;
  area.addEventListener("input", () => {
    faults.clear();
    colour();
    if (!area.readOnly) saveButton.disabled = true;
    say("…", "");
    clearTimeout(waiting);
    waiting = setTimeout(check, 500);
  });
  saveButton.addEventListener("click", save);
  document.getElementById("over").addEventListener("click", () => {
    editor.dataset.digest = theirs.dataset.digest;
    save();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-part]");
    if (!form) return;
    event.preventDefault();
    part(form);
  });
  addEventListener("beforeunload", (event) => {
    if (area.value !== saved && !area.readOnly) event.preventDefault();
  });
  check();
}
