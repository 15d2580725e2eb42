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
    tell(verdict.className ? `There is nothing that can be saved. ${verdict.textContent}` : "It is being checked: try again in a moment.", true);
    if (list.querySelector(".error")) list.focus();
  }
}, true);

function counted(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}

// A problem as an entry of the list; `go` leads to its place, null if that is not on this page.
function entryOf({ file, line, col, severity, message }, go = null) {
  return { severity, text: `${file}:${line}:${col}: ${severity === "warning" ? "warning: " : ""}${message}`, go };
}

// The check's verdict, and the list of what it found.
function showProblems(data, entries) {
  list.replaceChildren(...entries.map(({ severity, text, go }) => {
    const entry = document.createElement("li");
    entry.className = severity;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: text, disabled: !go });
    if (go) button.addEventListener("click", go);
    entry.append(button);
    return entry;
  }));
  const errors = data.problems.filter((problem) => problem.severity === "error").length;
  const warnings = data.problems.length - errors;
  const more = warnings ? `, ${counted(warnings, "warning", "warnings")}` : "";
  say(data.ok ? `No errors${more}.` : `${counted(errors, "error", "errors")}${more}.`, data.ok ? "good" : "bad");
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
