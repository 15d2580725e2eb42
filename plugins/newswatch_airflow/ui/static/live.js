// Beside a rule that is being written: what it would have caught, and what it makes of headlines.
"use strict";

const Live = (() => {
  const results = document.getElementById("live");
  const why = document.getElementById("live-why");
  const usual = why.textContent;
  const said = document.getElementById("live-said");
  const tried = document.getElementById("try");
  const lines = document.getElementById("headlines");
  const SOON_MS = 150;
  const WEIGH_MS = 800;
  const AGAIN_MS = 1500; // while the stored items are being indexed
  let writing = null; // {question, repair} of the page
  let waiting = 0;
  let again = 0;
  let asked = 0;
  const running = new Map();

  // In a narrow window the form has a line with the figures, beside the verdict. It opens the results above it.
  const brief = document.getElementById("live-brief");
  const caught = document.getElementById("caught");

  function open(opened) {
    brief.ariaExpanded = String(opened);
    caught.classList.toggle("sheet", opened);
    caught.scrollTop = 0;
  }

  function sum() {
    const found = results.querySelector(".outcome strong");
    if (brief && found) brief.textContent = `Caught: ${found.textContent.trim()}${results.querySelector("[data-more]") ? " so far" : ""}`;
  }

  if (brief) {
    brief.addEventListener("click", () => open(brief.ariaExpanded === "false"));
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || brief.ariaExpanded === "false" || event.defaultPrevented) return;
      if (caught.contains(document.activeElement)) brief.focus();
      open(false);
    });
    const bar = brief.closest(".bar");
    new ResizeObserver(() => document.documentElement.style.setProperty("--foot", `${bar.offsetHeight}px`)).observe(bar);
  }

  // What is shown of the same rule stays, greyed, while the rule cannot be tried. So nothing jumps. `line` says why.
  function put(made, place, rule, line) {
    const unfinished = made.querySelector(".unfinished");
    place.inert = Boolean(unfinished && place.dataset.rule === rule && place.querySelector(".outcome"));
    if (line) line.replaceChildren(...(unfinished ? unfinished.childNodes : [usual]));
    if (place.inert) return;
    if (line) unfinished?.remove();
    place.dataset.rule = rule;
    place.replaceChildren(...made.childNodes);
  }

  // Only the newest question of a kind is answered; what is shown stays until then.
  async function show(kind, body, place, line = null) {
    running.get(kind)?.abort();
    const own = new AbortController();
    running.set(kind, own);
    place.ariaBusy = "true";
    const made = document.createElement("div");
    try {
      await fragment(`${work.dataset.api}/rules/${kind}`, body, made, own.signal);
    } catch (error) {
      if (own.signal.aborted) return false;
      made.replaceChildren(Object.assign(document.createElement("p"), { className: "quiet unfinished", textContent: error.message }));
    }
    put(made, place, body.rule, line);
    if (running.get(kind) === own) place.ariaBusy = null;
    return true;
  }

  // The first answer is there at once; what it left is counted on until all is.
  async function look(more = false) {
    const mine = asked;
    clearTimeout(again);
    if (!(await show("live", { ...writing.question(), more }, results, why))) return;
    sum();
    if (results.inert) {
      said.textContent = "";
      return;
    }
    if (results.querySelector("[data-more]")) {
      if (mine === asked) look(true); // else the next question is on its way
      return;
    }
    const outcome = results.querySelector(".outcome")?.textContent.replace(/\s+/g, " ").trim() || "";
    if (outcome !== said.textContent) said.textContent = outcome;
    if (results.querySelector("[data-again]")) again = setTimeout(look, AGAIN_MS);
  }

  // The changed rules of a whole file, asked about once nothing was typed for a while.
  let weighing = 0;
  function weigh(question, place, after = WEIGH_MS, more = false) {
    clearTimeout(weighing);
    weighing = setTimeout(async () => {
      if (!(await show("changed", { ...question(), more }, place))) return;
      if (place.querySelector("[data-more]")) weigh(question, place, 0, true);
      else if (place.querySelector("[data-again]")) weigh(question, place, AGAIN_MS);
    }, after);
  }

  function attempt() {
    return show("try", { ...writing.question(), headlines: lines.value }, tried);
  }

  // Asks soon, once for everything that is typed until then.
  function ask() {
    asked += 1;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      look();
      attempt();
    }, SOON_MS);
  }

  let typing = 0;
  lines.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(attempt, SOON_MS);
  });

  async function mend(event, next) {
    const button = event.target.closest("[data-repair]");
    if (!button) return;
    const fix = JSON.parse(button.dataset.repair);
    try {
      await writing.repair(fix);
      next.focus(); // the button goes with the next answer
      tell(`Changed: ${button.textContent.trim()}.`, false);
    } catch (error) {
      tell(error.message, true);
    }
  }

  tried.addEventListener("click", (event) => mend(event, lines));
  results.addEventListener("click", (event) => mend(event, results));

  document.getElementById("fetch").addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    button.disabled = true;
    try {
      const { url } = Object.fromEntries(new FormData(event.target));
      const { headlines } = await send("POST", `${work.dataset.api}/rules/headlines`, { url });
      lines.value = [lines.value.trim(), ...headlines].filter(Boolean).join("\n");
      if (!headlines.length) tell("No text was found at that address.", true);
      await attempt();
    } catch (error) {
      tell(error.message, true);
    } finally {
      button.disabled = false;
    }
  });

  return {
    begin(page) { writing = page; },
    about(rule) { document.getElementById("live-rule").textContent = rule ? ` ${rule}` : ""; },
    ask,
    weigh,
  };
})();
