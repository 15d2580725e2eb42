// The reader's newest modal, as a dialog: its blocks, its inputs with labels, hints and errors.

import { drawBlock } from "./blocks.js";
import { order } from "./commands.js";
import { make } from "./dom.js";
import { READER } from "./users.js";

let shown = null;
let redraw = () => {};

export function onModals(draw) {
  redraw = draw;
}

function optionOf(element, value) {
  return element.options.find((option) => option.value === value) ?? element.initial_option;
}

const FIELDS = {
  plain_text_input: (element, value) => {
    const field = make(element.multiline ? "textarea" : "input");
    field.value = value ?? element.initial_value ?? "";
    if (element.max_length) field.maxLength = element.max_length;
    return field;
  },
  datepicker: (element, value) => {
    const field = make("input");
    field.type = "date";
    field.value = value ?? element.initial_date ?? "";
    return field;
  },
  static_select: (element, value) => {
    const chosen = optionOf(element, value);
    const options = element.options.map((option) => {
      const entry = make("option", "", option.text.text);
      entry.value = option.value;
      entry.selected = option.value === chosen?.value;
      return entry;
    });
    const none = make("option", "", "Choose…");
    none.value = "";
    return make("select", "", ...(element.initial_option ? [] : [none]), ...options);
  },
};

function radios(block, value) {
  const chosen = optionOf(block.element, value);
  return block.element.options.map((option) => {
    const field = make("input");
    Object.assign(field, { type: "radio", name: block.block_id, value: option.value, checked: option.value === chosen?.value });
    return make("label", "radio", field, option.text.text);
  });
}

function input(block, value, error) {
  const id = `input-${block.block_id}`;
  const label = `${block.label.text}${block.optional && block.element.type !== "radio_buttons" ? " (optional)" : ""}`;
  const notes = [];
  if (block.hint) notes.push(make("p", "hint", block.hint.text));
  if (error) notes.push(make("p", "input-error", error));
  notes.forEach((note, number) => { note.id = `${id}-${number}`; });
  if (block.element.type === "radio_buttons") {
    return make("fieldset", "input", make("legend", "", label), ...radios(block, value), ...notes);
  }
  const field = FIELDS[block.element.type](block.element, value);
  Object.assign(field, { id, name: block.block_id, required: !block.optional });
  if (notes.length) field.setAttribute("aria-describedby", notes.map((note) => note.id).join(" "));
  if (error) field.setAttribute("aria-invalid", "true");
  const named = make("label", "", label);
  named.htmlFor = id;
  return make("div", "input", named, field, ...notes);
}

function typed(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value]));
}

async function send(path, body, problem) {
  try {
    const { acknowledged, error } = await order(path, body);
    problem.textContent = acknowledged === false ? `We had some trouble connecting. ${error}` : "";
  } catch (error) {
    problem.textContent = error.message;
  }
  redraw();
}

function button(block, element, view, form, problem) {
  const drawn = make("button", "slack-button", element.text.text);
  drawn.type = "button";
  drawn.addEventListener("click", () => {
    send("/sim/action", { view_id: view.id, action_id: element.action_id, values: typed(form) }, problem);
  });
  return drawn;
}

function draw(view, kept) {
  const title = make("h2", "", view.view.title.text);
  title.id = "modal-title";
  const form = make("form", "modal-form");
  form.noValidate = true;
  const problem = make("p", "input-error");
  problem.setAttribute("role", "alert");
  const blocks = view.view.blocks.map((block) => {
    if (block.type === "input") {
      const value = kept[block.block_id] ?? view.values[block.block_id];
      return input(block, value, view.errors[block.block_id]);
    }
    if (block.type === "actions") {
      return make("div", "actions block", ...block.elements.map((one) => button(block, one, view, form, problem)));
    }
    return drawBlock(block, view);
  });
  const close = make("button", "slack-button", view.view.close?.text ?? "Close");
  close.type = "button";
  const dialog = make("dialog", "confirm modal", title, form);
  close.addEventListener("click", () => dialog.dispatchEvent(new Event("cancel", { cancelable: true })));
  const ways = [close];
  if (view.view.submit) {
    const submit = make("button", "slack-button filled primary", view.view.submit.text);
    submit.type = "submit";
    ways.push(submit);
  }
  form.append(...blocks, problem, make("div", "confirm-ways", ...ways));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send("/sim/submit", { view_id: view.id, values: typed(form) }, problem);
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    send("/sim/close", { view_id: view.id }, problem);
  });
  dialog.setAttribute("aria-labelledby", title.id);
  document.body.append(dialog);
  dialog.showModal();
  (form.querySelector("[aria-invalid]") ?? form.querySelector("input, select, textarea") ?? close).focus();
  return { dialog, form };
}

export function drawModal(views) {
  const view = views.filter((one) => one.user === READER).at(-1);
  const form = view ? JSON.stringify([view.id, view.view, view.errors]) : null;
  if (shown?.key === form || (!shown && !view)) return;
  const kept = shown && view && shown.id === view.id ? typed(shown.form) : {};
  shown?.dialog.remove();
  shown = view ? { key: form, id: view.id, ...draw(view, kept) } : null;
  if (!view) document.getElementById("command").focus();
}
