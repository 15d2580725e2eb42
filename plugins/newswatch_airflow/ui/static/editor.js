// The editor of a whole file. With feeds.yaml there are no live results.
"use strict";

const area = document.getElementById("text");
const code = Code.file(area, !work.dataset.plain);
const live = typeof Live === "undefined" ? null : Live;
const fileName = work.dataset.name;
const writable = !area.readOnly;
let saved = area.defaultValue;
let stale = false; // an earlier version is shown: it may be saved as it is

function differs() {
  return code.text() !== saved || stale;
}

let asked = 0;
let sound = false;

function entriesOf(problems) {
  return problems.map((problem) => entryOf(problem, problem.file === fileName ? () => code.go(problem.line, problem.col) : null));
}

async function check() {
  const mine = ++asked;
  say("Checking…", "");
  try {
    const data = await send("POST", `${work.dataset.api}/files/check`, { name: fileName, text: code.text() });
    if (mine !== asked) return;
    showProblems(data, entriesOf(data.problems), fileName);
    code.mark(data.problems.filter((problem) => problem.file === fileName));
    sound = data.ok;
    saveButton.disabled = !(writable && sound && differs());
    live?.ask();
    if (sound) live?.weigh(() => ({ name: fileName, text: code.text() }), document.getElementById("changed"));
  } catch (error) {
    if (mine === asked) say(error.message, "bad");
  }
}

async function save(digest) {
  const text = code.text();
  let refused = null;
  saveButton.disabled = true;
  try {
    const data = await saveDraft({ name: fileName, text, digest });
    if (!data) return;
    work.dataset.digest = data.digest;
    saved = text;
    stale = false;
    theirs.hidden = true;
    say(data.message, "good");
    tell(data.message, false);
    await refresh(true);
  } catch (error) {
    refused = error;
  } finally {
    saveButton.disabled = !(writable && sound && differs());
    focusSave();
  }
  if (!refused) return;
  showRefusal(refused, fileName, entriesOf);
  if (refused.status === 409) {
    theirs.querySelector("pre").textContent = refused.data.text;
    theirs.dataset.digest = refused.data.digest;
    theirs.hidden = false;
    theirs.querySelector("pre").focus();
  }
}

function beginLive() {
  let rule = null;
  const look = () => {
    const now = code.rule();
    if (now === rule) return;
    rule = now;
    live.about(rule);
    if (sound) live.ask();
  };
  area.addEventListener("caret", look);
  live.begin({
    question: () => ({ rule: code.rule(), name: fileName, text: code.text() }),
    async repair(fix) {
      const { about, ...repair } = fix;
      const data = await send("POST", `${work.dataset.api}/rules/repair`, { rule: code.rule(), name: fileName, text: code.text(), repair });
      code.change(data.text);
    },
  });
  look();
}

if (Number(work.dataset.line)) code.go(Number(work.dataset.line), 1);
if (work.dataset.check) {
  stale = work.dataset.version === "1";
  let waiting = 0;
  area.addEventListener("input", () => {
    saveButton.disabled = true;
    say("…", "");
    clearTimeout(waiting);
    waiting = setTimeout(check, 400);
  });
  saveButton.addEventListener("click", () => save(work.dataset.digest));
  document.getElementById("over").addEventListener("click", () => save(theirs.dataset.digest));
  if (live) beginLive();
  addEventListener("beforeunload", (event) => {
    if (writable && code.text() !== saved) event.preventDefault();
  });
  check();
}
