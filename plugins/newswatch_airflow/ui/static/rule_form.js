// The form of one rule. The server writes its YAML while the form is filled in.
"use strict";

const form = document.getElementById("rule");
const yaml = Code.file(document.getElementById("yaml"));
const codes = Object.fromEntries([...form.querySelectorAll("textarea[data-code]")].map((area) => [area.name, Code.field(area)]));

const LISTS = new Set(["modality", "notify"]);
let draft = null; // what the server made of the form last: {name, text, digest, ok}
let asked = 0;
let touched = false;
let ownId = Boolean(form.elements.id.value); // the user wrote it

function fields() {
  const found = { modality: [], notify: [] };
  for (const [key, value] of new FormData(form)) {
    if (LISTS.has(key)) found[key].push(value);
    else found[key] = value;
  }
  return found;
}

// The texts of a field, as the server joins them.
function joined(texts) {
  return texts.some((one) => one.includes(",")) ? texts.map((one) => `${one}\n`).join("") : texts.join(", ");
}

// An id from the words of the rule, until the user writes one.
function suggest() {
  if (ownId) return;
  const { query, who, does, what, kind } = fields();
  const words = kind === "event" ? `${who} ${does} ${what}` : query;
  form.elements.id.value = words.toLowerCase().replace(/\b(and|or|not|o?near\/\d+)\b/g, " ").replace(/[^a-z0-9]+/g, " ").trim().split(" ").slice(0, 6).join("-").slice(0, 60);
}

// The field that a line of the YAML comes from, "" for none.
const FIELD_OF = { ids: "feeds" };

function fieldOf(rows, line) {
  for (let at = Math.min(line, rows.length) - 1; at >= 0; at -= 1) {
    const key = /^[\s-]*([\w-]+):/.exec(rows[at])?.[1];
    const name = FIELD_OF[key] || key;
    if (name && document.getElementById(`f-${name}`)) return name;
  }
  return "";
}

// The field that an error names ("rule 'x': notify: …"), or that its line is of, and the error without those names.
function faultOf(problem, rows, first) {
  let name = "";
  let text = problem.message.replace(/^rule '[^']*': /, "");
  for (let key = /^([\w-]+): /.exec(text); key; key = /^([\w-]+): /.exec(text)) {
    const named = FIELD_OF[key[1]] || key[1];
    if (document.getElementById(`f-${named}`)) name = named;
    else if (key[1] !== "event") break;
    text = text.slice(key[0].length);
  }
  return { name: name || fieldOf(rows, problem.line - first + 1), text };
}

// Errors are also shown at their fields, which are marked as invalid.
function showFaults(errors, rows, first) {
  for (const note of form.querySelectorAll(".fault")) note.remove();
  for (const box of form.querySelectorAll("[aria-invalid]")) box.removeAttribute("aria-invalid");
  for (const problem of errors) {
    const { name, text } = faultOf(problem, rows, first);
    if (!name) continue;
    const field = document.getElementById(`f-${name}`);
    (codes[name]?.box || field).setAttribute("aria-invalid", "true");
    const note = Object.assign(document.createElement("p"), { className: "fault", textContent: text });
    if (field.matches(".choice")) field.after(note);
    else field.closest(".field").append(note);
  }
}

async function compose() {
  const mine = ++asked;
  const { name, ...given } = fields();
  const { rule, copyOf, base } = work.dataset;
  try {
    const data = await send("POST", `${work.dataset.api}/rules/compose`, { name, rule, copy_of: copyOf, base, fields: given });
    if (mine !== asked) return;
    draft = { ...data, name };
    yaml.show(data.yaml, data.first);
    const rows = data.yaml.split("\n").length;
    const savable = touched || Boolean(work.dataset.copyOf); // a copy may be saved as it is
    const here = (problem) => problem.file === name && problem.line >= data.first && problem.line < data.first + rows;
    const problems = data.problems.filter((problem) => here(problem) || problem.severity === "error"); // warnings of other rules are theirs
    showProblems({ ok: data.ok, problems }, (problem) => (here(problem) ? () => yaml.go(problem.line, problem.col) : null));
    yaml.mark(data.problems.filter(here));
    showFaults(savable ? data.problems.filter((problem) => here(problem) && problem.severity === "error") : [], data.yaml.split("\n"), data.first);
    saveButton.disabled = !(data.ok && savable);
  } catch (error) {
    if (mine !== asked) return;
    draft = null;
    saveButton.disabled = true;
    say(error.message, "bad");
  }
}

async function save() {
  saveButton.disabled = true;
  const { id } = fields();
  try {
    const data = await saveDraft(draft);
    if (!data) {
      saveButton.disabled = false;
      return;
    }
    touched = false;
    location.assign(`${work.dataset.then}${encodeURIComponent(id.trim())}`);
  } catch (error) {
    if (error.status === 409) {
      await compose(); // into the version that somebody else saved, if they did not change this rule
      if (draft) say(`${error.message} Your rule is now part of that version: look at the change and save again.`, "bad");
      return;
    }
    say(error.message, "bad");
    if (error.status === 422 && error.data.problems) showProblems({ ok: false, problems: error.data.problems }, () => null);
  }
}

let waiting = 0;
form.addEventListener("input", (event) => {
  if (event.target === form.elements.id) ownId = Boolean(event.target.value);
  else suggest();
  touched = true;
  saveButton.disabled = true;
  say("…", "");
  Live.ask();
  clearTimeout(waiting);
  waiting = setTimeout(compose, 250);
});
form.addEventListener("submit", (event) => event.preventDefault());
saveButton.addEventListener("click", save);
Live.begin({
  question() {
    const { name, ...given } = fields();
    return { rule: work.dataset.rule, fields: given };
  },
  repair({ query, event, modality }) {
    if (event) {
      for (const part of ["who", "does", "what", "unless"]) codes[part].change(joined(event[part]));
      for (const box of form.querySelectorAll("[name=modality]")) box.checked = modality.includes(box.value);
    } else codes.query.change(query);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  },
});
addEventListener("beforeunload", (event) => {
  if (touched) event.preventDefault();
});
if (!work.dataset.rule && !work.dataset.copyOf) codes[form.elements.kind.value === "event" ? "who" : "query"].focus();
const early = [...form.elements].some((one) => ("checked" in one && /radio|checkbox/.test(one.type) ? one.checked !== one.defaultChecked : "defaultValue" in one && one.value !== one.defaultValue));
if (early) form.dispatchEvent(new Event("input")); // what was written while the scripts were loading
else if (work.dataset.rule || work.dataset.copyOf) {
  compose();
  Live.ask();
}
