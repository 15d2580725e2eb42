// The form of one rule. The server writes its YAML while the form is filled in.
"use strict";

const form = document.getElementById("rule");
const yaml = Code.file(document.getElementById("yaml"));
const codes = Object.fromEntries([...form.querySelectorAll("textarea[data-code]")].map((area) => [area.name, Code.field(area)]));

const LISTS = new Set(["modality", "notify"]);
let draft = null; // what the server made of the form last: {name, text, digest, ok, changed}
let asked = 0;
let untouched = null; // the fields as they were when the form was opened; null once they are saved
let ownId = Boolean(form.elements.id.value); // the user wrote it
let insisted = Boolean(work.dataset.rule); // what is missing is an error: an existing rule is edited, or saving was tried

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

// What a rule needs, and what to do where it is empty.
const NEEDED = {
  query: "Write the words to look for.",
  does: "Say what is done: a list such as $sues, or verbs.",
  notify: "Choose at least one receiver.",
  id: "Give the rule an id.",
};

const WORDS = { query: "query", event: "does" };

function missing() {
  const { kind, notify, id, ...rest } = fields();
  const now = { [WORDS[kind]]: rest[WORDS[kind]], notify: notify.join(), id };
  return Object.keys(now).filter((name) => !now[name].trim());
}

// The field that an error names ("rule 'x': notify: …"), or that its line is of, and the error without those names.
function faultOf(problem, rows, first) {
  let name = "";
  let text = problem.message.replace(/^(rule '[^']*'|rules): /, "");
  for (let key = /^([\w-]+): /.exec(text); key; key = /^([\w-]+): /.exec(text)) {
    const named = FIELD_OF[key[1]] || key[1];
    if (document.getElementById(`f-${named}`)) name = named;
    else if (key[1] !== "event") break;
    text = text.slice(key[0].length);
  }
  if (!name) name = /^(does|id) is missing/.exec(text)?.[1] || (text.startsWith("what to look for is missing") && WORDS[form.elements.kind.value]) || fieldOf(rows, problem.line - first + 1);
  return { name, text };
}

function clearFaults() {
  for (const note of form.querySelectorAll(".fault")) note.remove();
  for (const box of form.querySelectorAll("[aria-invalid]")) {
    box.removeAttribute("aria-invalid");
    const described = (box.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && !id.startsWith("fault-"));
    if (described.length) box.setAttribute("aria-describedby", described.join(" "));
    else box.removeAttribute("aria-describedby");
  }
}

// Shows an error at its field, which is marked as invalid; null if the form does not show such a field.
function showFault({ name, text }) {
  const field = name && document.getElementById(`f-${name}`);
  const around = field && (field.matches(".choice") ? field : field.closest(".field"));
  if (!around?.checkVisibility()) return null;
  const box = codes[name]?.box || field;
  const id = `fault-${name}`;
  let note = document.getElementById(id);
  if (!note) {
    note = Object.assign(document.createElement("div"), { className: "fault", id });
    if (around === field) field.after(note);
    else around.append(note);
    box.setAttribute("aria-invalid", "true");
    box.setAttribute("aria-describedby", [box.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  }
  const said = document.createElement("p");
  said.append(...shown(text));
  note.append(said);
  return around;
}

function labelOf(field) {
  return field.getAttribute("aria-label") || field.closest(".field").querySelector("b").textContent;
}

// The field with this name as an entry of the list.
function entryOfField(name) {
  const field = document.getElementById(`f-${name}`);
  return { severity: "error", place: labelOf(field), text: "", go: () => (codes[name] || field.querySelector("input") || field).focus() };
}

// What the check found that is about the form as it is filled in so far: without what only comes of an empty field.
function apartFrom(gaps, problems, here, data) {
  const rows = data.yaml.split("\n");
  return problems.filter((problem) => !(here(problem) && problem.severity === "error" && gaps.includes(faultOf(problem, rows, data.first).name)));
}

// The list of problems. Of errors that are shown at their fields it only says which fields those are.
function entriesOf(problems, here, data) {
  clearFaults();
  const rows = data.yaml.split("\n");
  const named = new Set();
  const others = [];
  for (const problem of problems) {
    const fault = (touched() || work.dataset.copyOf) && here(problem) && problem.severity === "error" ? faultOf(problem, rows, data.first) : null;
    if (fault && showFault(fault)) named.add(fault.name);
    else others.push(entryOf(problem, here(problem) ? () => yaml.go(problem.line, problem.col) : null));
  }
  const gaps = insisted ? missing() : [];
  for (const name of gaps) showFault({ name, text: NEEDED[name] });
  const inOrder = [...form.querySelectorAll("[id^=f-]")].map((field) => field.id.slice(2)).filter((name) => named.has(name) || gaps.includes(name));
  return [...inOrder.map(entryOfField), ...others];
}

function touched() {
  return untouched !== null && JSON.stringify(fields()) !== untouched;
}

// A copy may be saved as it is, and of a rule what differs from the file.
function savable() {
  return Boolean(draft?.changed) && (touched() || Boolean(work.dataset.copyOf));
}

function show(data) {
  const rows = data.yaml.split("\n").length;
  const here = (problem) => problem.file === data.name && problem.line >= data.first && problem.line < data.first + rows;
  const gaps = missing();
  const found = data.problems.filter((problem) => here(problem) || problem.severity === "error"); // warnings of other rules are theirs
  const problems = apartFrom(gaps, found, here, data);
  const errors = problems.filter((problem) => problem.severity === "error").length;
  showProblems({ ok: data.ok, problems }, entriesOf(problems, here, data), data.name);
  if (gaps.length && insisted) say(`${counted(errors + gaps.length, "error", "errors")}.`, "bad");
  else if (gaps.length) {
    const names = gaps.map((name) => labelOf(document.getElementById(`f-${name}`))).join(", ");
    say(`${errors ? `${verdict.textContent} ` : ""}Still to fill in: ${names}.`, errors ? "bad" : "waiting");
  }
  else if (data.ok && !savable()) say(`${verdict.textContent} Nothing is changed yet.`, "good");
  yaml.mark(data.problems.filter((problem) => here(problem) && problems.includes(problem)));
}

async function compose() {
  const mine = ++asked;
  const { name, ...given } = fields();
  const { rule, copyOf, base } = work.dataset;
  try {
    const data = await send("POST", `${work.dataset.api}/rules/compose`, { name, rule, copy_of: copyOf, base, free_id: !ownId, fields: given });
    if (mine !== asked) return;
    draft = { ...data, name };
    if (!ownId) form.elements.id.value = data.id;
    yaml.show(data.yaml, data.first);
    show(draft);
    saveButton.disabled = !(data.ok && savable());
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
    if (await saveDraft(draft)) {
      untouched = null;
      location.assign(`${work.dataset.then}${encodeURIComponent(id.trim())}`);
      return;
    }
    saveButton.disabled = false;
    focusSave();
  } catch (error) {
    if (error.status === 409) {
      await compose(); // into the version that somebody else saved, if they did not change this rule
      if (draft) say(`${error.message} Your rule is now part of that version: look at the change and save again.`, "bad");
      focusSave();
      return;
    }
    saveButton.disabled = false; // the reason may be gone by the next time
    showRefusal(error, draft.name, (problems) => entriesOf(problems, () => false, draft));
  }
}

work.addEventListener("insist", () => {
  insisted = true;
  if (draft) show(draft);
  else compose();
});

// Narrows a long list of receivers. Those that are chosen are always shown.
const narrow = document.getElementById("narrow");
if (narrow) {
  const receivers = [...form.querySelectorAll("#f-notify label")];
  document.getElementById("narrowing").hidden = false;
  narrow.addEventListener("input", (event) => {
    event.stopPropagation(); // it is not a part of the rule
    const asked = narrow.value.trim().toLowerCase();
    const found = receivers.filter((one) => one.textContent.toLowerCase().includes(asked));
    for (const one of receivers) one.hidden = !(found.includes(one) || one.querySelector("input").checked);
    document.getElementById("narrowed").textContent = asked ? `${found.length} of ${receivers.length}` : "";
  });
}

let waiting = 0;
form.addEventListener("input", (event) => {
  if (event.target === form.elements.id) ownId = Boolean(event.target.value);
  else suggest();
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
  if (touched()) event.preventDefault();
});
if (!work.dataset.rule && !work.dataset.copyOf) codes[form.elements.kind.value === "event" ? "who" : "query"].focus();
const early = [...form.elements].some((one) => one.name && ("checked" in one && /radio|checkbox/.test(one.type) ? one.checked !== one.defaultChecked : "defaultValue" in one && one.value !== one.defaultValue));
untouched = early ? "" : JSON.stringify(fields());
if (early) form.dispatchEvent(new Event("input")); // what was written while the scripts were loading
else if (work.dataset.rule || work.dataset.copyOf) {
  compose();
  Live.ask();
}
