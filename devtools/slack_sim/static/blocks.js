// Block Kit, drawn: one function for each block. Buttons are inert, pictures are never loaded.

import { link, make } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

function textObject(object, tag = "div") {
  return object.type === "mrkdwn" ? mrkdwn(object.text) : make(tag, "line", object.text);
}

function button(element) {
  const shown = make("span", `slack-button ${element.style ?? ""}`, element.text.text);
  shown.title = element.url ? `Opens ${element.url}` : `Action ${element.action_id ?? ""}; nothing listens here`;
  return shown;
}

function picture(element) {
  return make("span", "picture", `Picture: ${element.alt_text} · `, link(element.image_url, element.image_url));
}

function element(value) {
  if (value.type === "button") return button(value);
  return value.type === "image" ? picture(value) : textObject(value, "span");
}

function section(block) {
  const content = make("div");
  if (block.text) content.append(textObject(block.text));
  if (block.fields) content.append(make("div", "fields", ...block.fields.map((field) => textObject(field))));
  if (!block.accessory) return content;
  return make("div", "with-accessory", content, element(block.accessory));
}

const BLOCKS = {
  rich_text: richText,
  section,
  header: (block) => make("div", "header-block", block.text.text),
  divider: () => make("hr"),
  context: (block) => make("div", "context", ...block.elements.map(element)),
  actions: (block) => make("div", "actions", ...block.elements.map(element)),
  image: (block) => make("div", "", block.title ? make("div", "", block.title.text) : null, picture(block)),
};

export function drawBlock(block) {
  const drawn = BLOCKS[block.type]?.(block) ?? make("div", "", `[${block.type}]`);
  drawn.classList.add("block");
  return drawn;
}
