// What the editor of a file and the form of a rule share: the verdict, the problems, saving.
"use strict";

const work = document.getElementById("editor");
const verdict = document.getElementById("verdict");
const list = document.getElementById("problems");
const saveButton = document.getElementById("save");
const saving = document.getElementById("saving");
const theirs = document.getElementById("theirs");

function say(text, kind) {
  verdict.textContent = text;
  verdict.className = kind;
}

// Ctrl or Cmd with Enter or S saves from wherever the cursor is; in the dialog it confirms.
addEventListener("keydown", (event) => {
  if (!saveButton || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !["Enter", "s"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation(); // in CodeMirror, Ctrl Enter would insert a line
  if (saving.open) saving.querySelector("[value=save]").click();
  else if (!saveButton.disabled) saveButton.click();
  else {
    work.dispatchEvent(new Event("insist"));
    tell(verdict.className ? `There is nothing that can be saved. ${verdict.textContent}` : "It is being checked: try again in a moment.", true);
    if (list.querySelector(".error")) list.focus();
  }
}, true);

function counted(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}

// A text of ours: backticks enclose code, and the document about rules is a link to our page of it.
function shown(text) {
  const link = () => Object.assign(document.createElement("a"), { href: work.dataset.api.replace(/api$/, "guide/rules#queries"), textContent: "docs/rules.md", target: "_blank", rel: "noopener" });
  const linked = (piece) => piece.split("docs/rules.md").flatMap((part, at) => (at ? [link(), part] : [part]));
  return text.split(/`([^`]+)`/).flatMap((piece, at) => (at % 2 ? [Object.assign(document.createElement("code"), { textContent: piece })] : linked(piece)));
}

const EDITABLE = /^(watchlist\.yaml|watchlist\.d\/.+|feeds\.yaml)$/;

// A problem as an entry of the list. `go` leads to its place; without it there is a link to the file, if we have an editor for it.
function entryOf({ file, line, col, severity, message }, go = null) {
  const href = !go && EDITABLE.test(file) ? `${work.dataset.api.replace(/api$/, "watchlist/edit")}?name=${encodeURIComponent(file)}&line=${line}` : "";
  return { severity, place: `${file}:${line}:${col}`, text: `: ${severity === "warning" ? "warning: " : ""}${message}`, go, href };
}

function wayTo({ place, go, href }) {
  const way = document.createElement(go ? "button" : href ? "a" : "span");
  if (go) {
    way.type = "button";
    way.addEventListener("click", go);
  } else if (href) Object.assign(way, { href, target: "_blank", rel: "noopener" }); // what is written here stays
  way.textContent = place;
  return way;
}

// The list of what the check found. An entry that only names a field has no `text`.
function showEntries(entries) {
  list.classList.toggle("short", entries.every((entry) => !entry.text));
  list.replaceChildren(...entries.map((entry) => {
    const row = document.createElement("li");
    row.className = entry.severity;
    row.append(wayTo(entry), ...shown(entry.text));
    return row;
  }));
}

// The check's verdict, and the list. `own` is the file that is being written: if all errors are in others, they are named.
function showProblems(data, entries, own) {
  showEntries(entries);
  const errors = data.problems.filter((problem) => problem.severity === "error");
  const warnings = data.problems.length - errors.length;
  const more = warnings ? `, ${counted(warnings, "warning", "warnings")}` : "";
  const elsewhere = errors.every((problem) => problem.file !== own);
  const where = elsewhere ? ` in ${[...new Set(errors.map((problem) => problem.file))].join(", ")}` : "";
  say(data.ok ? `No errors${more}.` : `${counted(errors.length, "error", "errors")}${where}${more}.`, data.ok ? "good" : "bad");
}

// What a refusal to save says. The focus goes to the reasons, which `entries` makes of the problems, else to the button.
function showRefusal(error, own, entries) {
  const problems = (error.status === 422 && error.data.problems) || [];
  if (problems.length) {
    showProblems({ ok: false, problems }, entries(problems), own);
    say(`Nothing was saved: ${verdict.textContent}`, "bad");
    list.focus();
  } else {
    say(error.message, "bad");
    focusSave();
  }
}

// A button that is disabled while it works loses the focus, and the dialog takes its own with it.
function focusSave() {
  const at = document.activeElement;
  if (at === document.body || saving.contains(at)) saveButton.focus();
}

async function fragment(path, body, into, signal) {
  const answer = await fetch(path, {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json", "X-Newswatch": "1", Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(JSON.parse(text).detail);
  const fresh = new DOMParser().parseFromString(text, "text/html");
  into.replaceChildren(...[...fresh.body.childNodes].map((node) => document.importNode(node, true)));
}

// Shows what would change and asks why; the reason, or null if nothing is to be saved.
async function confirmed(draft) {
  await fragment(`${work.dataset.api}/files/diff`, { name: draft.name, text: draft.text }, document.getElementById("change"));
  const form = saving.querySelector("form");
  form.reset();
  saving.returnValue = "cancel";
  saving.showModal();
  form.elements.reason.focus();
  await new Promise((resolve) => { saving.addEventListener("close", resolve, { once: true }); });
  return saving.returnValue === "save" ? form.elements.reason.value : null;
}

// Saves a draft {name, text, digest}; true if it is saved. A conflict is thrown with its answer.
async function saveDraft(draft) {
  const reason = await confirmed(draft);
  if (reason === null) return null;
  const body = { name: draft.name, text: draft.text, digest: draft.digest, reason };
  return send("POST", `${work.dataset.api}/files/save`, body);
}
