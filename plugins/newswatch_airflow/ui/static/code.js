// Editors for YAML and for queries: CodeMirror with our colours, completion and marks.
// The text areas that they replace keep the text, so that forms work as without scripts.
"use strict";

const Code = (() => {
  const { EditorState, EditorView, Decoration, MatchDecorator, ViewPlugin, tags } = CodeMirror;
  const nonce = document.currentScript.nonce;
  const path = document.currentScript.dataset.completions;

  // ── what may be written ───────────────────────────────────────────────────────────────────

  let asked = null;

  function completions() {
    asked ??= fetch(path, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))))
      .catch(() => {
        asked = null; // the next completion asks again
        return { keys: {} };
      });
    return asked;
  }

  // Which of them are values of a key, and which keys are below one.
  const VALUES = { notify: "receivers", ids: "feeds", tags: "tags", languages: "languages", severity: "severities", modality: "modalities", negation: "negations", owner: "owners" };
  const BELOW = { file: "file", rules: "rule", event: "event", feeds: "feeds", threshold: "threshold" };

  function options(found, type, after = "") {
    return (found || []).map(({ text, about }) => ({
      label: text,
      detail: type === "property" ? undefined : about.slice(0, 60) || undefined,
      info: type === "property" ? about : undefined,
      apply: text + after,
      type,
    }));
  }

  const lists = (found) => [...options(found.lists, "variable"), ...options(found.packs, "variable")];

  const WORD = /[\w.-]*$/;
  const LIST = /\$[\w-]*$/;
  const OPERATOR = /\b[A-Z][A-Z/0-9]*$/;
  const indentOf = (line) => /^[ -]*/.exec(line)[0].length;

  function completed(from, found, valid) {
    return found.length ? { from, options: found, validFor: valid } : null;
  }

  // The key whose value is at this place, and whether a key of its own may be written here.
  function place(state, at) {
    const line = state.doc.lineAt(at);
    const before = line.text.slice(0, at - line.from);
    const inside = /(?:^|[\s{,])([\w-]+):\s*(?:[[{][^\]}]*)?[^\s:,{}[\]]*$/.exec(before);
    const opened = before.lastIndexOf("{") > before.lastIndexOf("}") && /[{,]\s*[\w-]*$/.test(before);
    if (inside && !opened) return { value: inside[1] };
    const item = /^\s*-\s+[^:]*$/.test(before);
    const key = /^[\s-]*[\w-]*$/.test(before) || opened;
    const parent = opened ? /([\w-]+):\s*\{[^}]*$/.exec(before)?.[1] : parentOf(state, line);
    return { value: item ? parent : null, key: key ? parent || "file" : null };
  }

  function parentOf(state, line) {
    const depth = indentOf(line.text);
    for (let number = line.number - 1; number > 0; number -= 1) {
      const text = state.doc.line(number).text;
      if (!text.trim() || /^\s*#/.test(text)) continue;
      const key = /^[\s-]*([\w-]+):\s*(?:#.*)?$/.exec(text);
      if (key && indentOf(text) < depth) return key[1];
      if (indentOf(text) === 0 && depth > 0 && !key) return "";
    }
    return "";
  }

  const PARENTS = { ids: "feeds", tags: "feeds" };

  async function inFile(context) {
    const list = context.matchBefore(LIST);
    const known = await completions();
    if (list) return completed(list.from, lists(known), /^\$[\w-]*$/);
    const { value, key } = place(context.state, context.pos);
    const word = context.matchBefore(WORD);
    if (!context.explicit && word.from === word.to && !value) return null;
    const found = options(known[VALUES[value]], "constant");
    if (key !== null && !(value in PARENTS)) found.push(...options(known.keys[BELOW[key]], "property", ": "));
    return completed(word.from, found, /^[\w.-]*$/);
  }

  function inField(kind) {
    return async (context) => {
      const known = await completions();
      const list = context.matchBefore(LIST);
      if (kind !== "query" && kind !== "lists") {
        const word = context.matchBefore(WORD);
        if (!context.explicit && word.from === word.to) return null;
        return completed(word.from, options(known[VALUES[kind]], "constant"), /^[\w.-]*$/);
      }
      if (list || kind === "lists") {
        if (!list && !context.explicit) return null;
        return completed(list ? list.from : context.pos, lists(known), /^\$[\w-]*$/);
      }
      const word = context.matchBefore(OPERATOR);
      if (!word && !context.explicit) return null;
      return completed(word ? word.from : context.pos, [...options(known.operators, "keyword"), ...(word ? [] : lists(known))], OPERATOR);
    };
  }

  // ── colours ───────────────────────────────────────────────────────────────────────────────

  const colours = CodeMirror.HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--link)" },
    { tag: tags.definition(tags.propertyName), color: "var(--link)" },
    { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
    { tag: tags.string, color: "var(--good)" },
    { tag: tags.special(tags.string), color: "var(--text)" },
    { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--quiet)" },
  ]);

  const KINDS = [[/^\$/, "list"], [/^(AND|OR|NOT|O?NEAR)/, "operator"], [/:$/, "scope"]];
  const queries = new MatchDecorator({
    regexp: /\$[\w-]+|\b(?:AND|OR|NOT|O?NEAR\/\d+)\b|\b(?:title|summary|body|author|tag|source):/g,
    decoration: ([word]) => Decoration.mark({ class: `cm-${KINDS.find(([kind]) => kind.test(word))[1]}` }),
  });
  const queryMarks = ViewPlugin.define(
    (view) => ({
      decorations: queries.createDeco(view),
      update(update) { this.decorations = queries.updateDeco(update, this.decorations); },
    }),
    { decorations: (plugin) => plugin.decorations },
  );

  const MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace';
  const theme = EditorView.theme({
    "&": { color: "var(--text)", backgroundColor: "var(--ground)", border: "1px solid var(--edge)", borderRadius: "5px", fontSize: "13px", minWidth: "0" },
    "&:focus-within": { outline: "2px solid var(--focus)", outlineOffset: "-1px" }, // at once: the class .cm-focused comes later
    ".cm-scroller": { fontFamily: MONO, lineHeight: "1.5" },
    ".cm-content": { caretColor: "var(--text)" },
    ".cm-cursor": { borderLeftColor: "var(--text)" },
    ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--quiet)", borderRight: "1px solid var(--line)" },
    ".cm-activeLine": { backgroundColor: "color-mix(in oklch, var(--wait-ground) 45%, transparent)" },
    ".cm-activeLineGutter": { backgroundColor: "var(--wait-ground)", color: "var(--text)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection": { backgroundColor: "var(--selection)" },
    ".cm-selectionMatch": { backgroundColor: "color-mix(in oklch, var(--mark) 55%, transparent)" },
    ".cm-searchMatch": { backgroundColor: "var(--mark)", outline: "none" },
    ".cm-searchMatch.cm-searchMatch-selected": { backgroundColor: "var(--mark)", outline: "2px solid var(--focus)" },
    "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--wait-ground)", outline: "1px solid var(--line)" },
    ".cm-foldPlaceholder": { backgroundColor: "var(--wait-ground)", border: "1px solid var(--line)", color: "var(--quiet)" },
    ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)" },
    ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
    ".cm-panel input, .cm-panel button, .cm-panel label": { fontSize: "13px" },
    ".cm-textfield": { backgroundColor: "var(--ground)", border: "1px solid var(--edge)", borderRadius: "4px" },
    ".cm-button": { backgroundImage: "none", backgroundColor: "var(--ground)", border: "1px solid var(--edge)", borderRadius: "4px", color: "var(--text)" },
    ".cm-panel.cm-search [name=close]": { color: "var(--text)" },
    ".cm-tooltip": { backgroundColor: "var(--ground)", color: "var(--text)", border: "1px solid var(--edge)", borderRadius: "5px", boxShadow: "0 4px 16px oklch(0 0 0 / 0.18)" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: MONO, maxHeight: "16em" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
    ".cm-completionDetail": { color: "inherit", opacity: "0.75", fontStyle: "normal" },
    ".cm-completionInfo": { maxWidth: "22rem", padding: "6px 8px", fontFamily: "inherit" },
    ".cm-diagnostic": { padding: "4px 10px", maxWidth: "34rem" },
    ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
    ".cm-diagnostic-warning": { borderLeft: "4px solid var(--fair)" },
    ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad) 1px", textUnderlineOffset: "3px" },
    ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--fair) 1px", textUnderlineOffset: "3px" },
    ".cm-lint-marker": { width: "0.7em", height: "0.7em", margin: "0.35em 0.1em" },
    ".cm-lint-marker-error": { content: "normal", backgroundColor: "var(--bad)", borderRadius: "50%" },
    ".cm-lint-marker-warning": { content: "normal", backgroundColor: "var(--fair)", clipPath: "polygon(50% 0, 100% 100%, 0 100%)" },
    ".cm-list": { color: "var(--fair)" },
    ".cm-operator": { color: "var(--bad)" },
    ".cm-scope": { color: "var(--link)" },
    ".cm-placeholder": { color: "var(--quiet)" },
  });

  // ── editors ───────────────────────────────────────────────────────────────────────────────

  // CodeMirror puts in the text that replaces a selection. Chrome itself would copy the look of what it replaces into a
  // style attribute, which the content security policy refuses and the console reports.
  const replacing = EditorView.domEventHandlers({
    beforeinput(event, view) {
      const { state, composing } = view;
      const { main, ranges } = state.selection;
      const typed = event.inputType === "insertText" && event.data;
      if (!typed || composing || state.readOnly || ranges.every((range) => range.empty)) return false;
      const insert = () => state.update(state.replaceSelection(typed), { userEvent: "input.type", scrollIntoView: true });
      const taken = ranges.length === 1 && state.facet(EditorView.inputHandler).some((take) => take(view, main.from, main.to, typed, insert));
      if (!taken) view.dispatch(insert());
      event.preventDefault();
      return true;
    },
  });

  const always = [
    replacing,
    EditorView.cspNonce.of(nonce),
    CodeMirror.highlightSpecialChars(),
    CodeMirror.drawSelection(),
    EditorState.allowMultipleSelections.of(true),
    CodeMirror.bracketMatching(),
    theme,
    queryMarks,
  ];

  // The label of a text area becomes the label of the editor in its place.
  function named(area) {
    const label = area.labels[0];
    const name = area.getAttribute("aria-label");
    area.removeAttribute("aria-label");
    if (!label) return { "aria-label": name };
    label.id ||= `${area.id}-label`;
    label.removeAttribute("for");
    return { "aria-labelledby": label.id };
  }

  function replace(area, extensions, keys) {
    const label = area.labels[0];
    const described = area.getAttribute("aria-describedby");
    const required = area.getAttribute("aria-required");
    const view = new EditorView({
      doc: area.value,
      extensions: [
        ...always,
        ...extensions,
        CodeMirror.keymap.of(keys),
        EditorState.readOnly.of(area.readOnly),
        EditorView.contentAttributes.of({ ...named(area), ...(area.readOnly ? { "aria-readonly": "true" } : {}), ...(required ? { "aria-required": required } : {}), ...(described ? { "aria-describedby": described } : {}) }),
        EditorView.updateListener.of((update) => {
          if (update.selectionSet || update.docChanged) area.dispatchEvent(new Event("caret"));
          if (!update.docChanged) return;
          area.value = update.state.doc.toString();
          area.dispatchEvent(new Event("input", { bubbles: true }));
        }),
      ],
    });
    area.after(view.dom);
    area.hidden = true;
    if (label) label.addEventListener("click", () => view.focus());
    return view;
  }

  // A whole file, or a part of one whose first line is `first`.
  // A whole file; `completes`: with the keys and names of the watchlist.
  function file(area, completes = true) {
    const numbers = new CodeMirror.Compartment();
    const tab = { key: "Tab", run: CodeMirror.indentMore, shift: CodeMirror.indentLess };
    const view = replace(
      area,
      [
        numbers.of(CodeMirror.lineNumbers()),
        CodeMirror.lintGutter(),
        CodeMirror.foldGutter(),
        CodeMirror.history(),
        CodeMirror.yaml(),
        CodeMirror.indentUnit.of("  "),
        CodeMirror.indentOnInput(),
        CodeMirror.syntaxHighlighting(colours),
        CodeMirror.search({ top: true }),
        CodeMirror.highlightSelectionMatches(),
        ...(area.readOnly ? [] : [CodeMirror.highlightActiveLine(), CodeMirror.highlightActiveLineGutter(), CodeMirror.closeBrackets(), ...(completes ? [CodeMirror.autocompletion({ override: [inFile] })] : [])]),
      ],
      [
        ...(area.readOnly ? [] : [...CodeMirror.closeBracketsKeymap, ...CodeMirror.completionKeymap, tab]),
        ...CodeMirror.searchKeymap,
        ...CodeMirror.historyKeymap,
        ...CodeMirror.foldKeymap,
        ...CodeMirror.lintKeymap,
        ...CodeMirror.defaultKeymap,
      ],
    );
    let first = 1;
    return {
      view,
      text: () => view.state.doc.toString(),
      show(text, from) {
        first = from;
        view.dispatch({
          changes: { from: 0, to: view.state.doc.length, insert: text },
          effects: numbers.reconfigure(CodeMirror.lineNumbers({ formatNumber: (number) => String(number + from - 1) })),
        });
      },
      change: (text) => change(view, text),
      rule: () => ruleAt(view),
      mark: (problems) => mark(view, problems, first),
      go: (line, col) => go(view, line - first + 1, col),
    };
  }

  // Where what can be seen of the page ends: in a narrow window a bar is at its foot.
  function foot() {
    const bar = document.querySelector(".bar");
    return bar && getComputedStyle(bar).position === "fixed" ? bar.getBoundingClientRect().top : innerHeight;
  }

  // The list of completions comes below the hint and the error of its field, or above the line if there is no room.
  function apart(view, around) {
    const read = () => {
      const list = view.dom.querySelector(".cm-tooltip-autocomplete");
      const caret = list && view.coordsAtPos(view.state.selection.main.head);
      if (!caret) return 0;
      const said = [around, ...around.querySelectorAll(".hint, .fault")];
      const below = Math.max(...said.map((one) => one.getBoundingClientRect().bottom)) + 3 - caret.bottom;
      const height = list.offsetHeight;
      if (caret.bottom + below + height + 4 <= foot()) return below;
      return caret.top >= height + 4 ? caret.top - caret.bottom - height - 4 : 0;
    };
    const write = (below) => around.style.setProperty("--below", `${below}px`);
    return () => view.requestMeasure({ key: "below", read, write });
  }

  // A field of a form. It has completion of `kind`; Tab leaves it.
  function field(area) {
    const kind = area.dataset.code;
    const wraps = EditorView.lineWrapping;
    const around = area.closest(".field");
    let keepApart = null;
    const view = replace(
      area,
      [
        CodeMirror.history(),
        wraps,
        EditorView.updateListener.of(() => keepApart?.()),
        CodeMirror.autocompletion({ override: [inField(kind)], icons: false }),
        ...(area.placeholder ? [CodeMirror.placeholder(area.placeholder)] : []),
      ],
      [...CodeMirror.completionKeymap, ...CodeMirror.historyKeymap, ...CodeMirror.defaultKeymap],
    );
    keepApart = apart(view, around);
    new ResizeObserver(keepApart).observe(around); // an error comes later
    return { change: (text) => change(view, text), focus: () => view.focus(), box: view.contentDOM };
  }

  // Another text, as one step that can be undone; what is the same stays, and so does the cursor in it.
  function change(view, text) {
    const old = view.state.doc.toString();
    let from = 0;
    while (from < old.length && old[from] === text[from]) from += 1;
    let left = old.length;
    let end = text.length;
    while (left > from && end > from && old[left - 1] === text[end - 1]) [left, end] = [left - 1, end - 1];
    view.dispatch({ changes: { from, to: left, insert: text.slice(from, end) } });
  }

  // The id of the rule that the cursor is in, "" outside of the rules.
  function ruleAt(view) {
    const { doc, selection } = view.state;
    const start = doc.lineAt(selection.main.head).number;
    for (let number = start; number > 0; number -= 1) {
      const text = doc.line(number).text;
      const found = /^\s*(?:-\s+)?(?:\{\s*)?id:\s*["']?([^"'\s,}#]+)/.exec(text);
      if (found) return found[1];
      if (/^[A-Za-z]/.test(text)) return "";
    }
    return "";
  }

  function offset(doc, line, col) {
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return Math.min(at.from + [...at.text].slice(0, Math.max(col - 1, 0)).join("").length, at.to);
  }

  function said(message) {
    const text = document.createElement("span");
    text.append(...shown(message));
    return text;
  }

  function mark(view, problems, first) {
    const { doc } = view.state;
    const marks = problems
      .filter((problem) => problem.line >= first && problem.line < first + doc.lines)
      .map((problem) => {
        const from = offset(doc, problem.line - first + 1, problem.col);
        const end = doc.lineAt(from).to;
        const word = /^(?:"[^"]*"|'[^']*'|[^\s,\]}]+)/.exec(doc.sliceString(from, end));
        const { severity, message } = problem;
        return { from, to: word ? from + word[0].length : end, severity, message, renderMessage: () => said(message) };
      });
    view.dispatch(CodeMirror.setDiagnostics(view.state, marks));
  }

  function go(view, line, col) {
    const at = offset(view.state.doc, line, col);
    view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "start", yMargin: 60 }) });
    view.focus();
  }

  return { file, field };
})();
