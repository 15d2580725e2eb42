// Block Kit, drawn: one function for each block. Pictures are never loaded.

import { drawButton, drawOverflow } from "./clicks.js";
import { link, make } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText } from "./rich_text.js";

function textObject(object, tag = "div") {
  return object.type === "mrkdwn" ? mrkdwn(object.text) : make(tag, "line", object.text);
}

function picture(element) {
  return make("span", "picture", `Picture: ${element.alt_text} · `, link(element.image_url, element.image_url));
}

function element(value, block, message) {
  if (value.type === "button") return drawButton(message, block.block_id, value);
  if (value.type === "overflow") return drawOverflow(message, block.block_id, value);
  return value.type === "image" ? picture(value) : textObject(value, "span");
}

function section(block, message) {
  const content = make("div");
  if (block.text) content.append(textObject(block.text));
  if (block.fields) content.append(make("div", "fields", ...block.fields.map((field) => textObject(field))));
  if (!block.accessory) return content;
  return make("div", "with-accessory", content, element(block.accessory, block, message));
}

const BLOCKS = {
  rich_text: richText,
  section,
  header: (block) => make("div", "header-block", block.text.text),
  divider: () => make("hr"),
  context: (block) => make("div", "context", ...block.elements.map((entry) => element(entry))),
  actions: (block, message) => make("div", "actions", ...block.elements.map((entry) => element(entry, block, message))),
  image: (block) => make("div", "", block.title ? make("div", "", block.title.text) : null, picture(block)),
};

export function drawBlock(block, message) {
  const drawn = BLOCKS[block.type]?.(block, message) ?? make("div", "", `[${block.type}]`);
  drawn.classList.add("block");
  return drawn;
}
