// Rich text: literal text with styles. See the rich text block in the Block Kit reference.

import { formatted } from "./dates.js";
import { link, make } from "./dom.js";
import { emoji } from "./emoji.js";
import { userMention } from "./users.js";

const STYLES = { bold: "b", italic: "i", strike: "s", underline: "u", code: "code", highlight: "mark", client_highlight: "mark" };

function styled(node, style = {}) {
  let drawn = node;
  for (const [name, tag] of Object.entries(STYLES)) if (style[name]) drawn = make(tag, "", drawn);
  return drawn;
}

function date(part) {
  const shown = formatted(part.timestamp, part.format, part.fallback);
  const time = make("time", "", shown);
  time.dateTime = new Date(part.timestamp * 1000).toISOString();
  time.title = new Date(part.timestamp * 1000).toLocaleString();
  return part.url ? link(part.url, time) : time;
}

function color(part) {
  const swatch = make("span", "swatch");
  swatch.style.backgroundColor = part.value;
  return make("span", "", swatch, part.value);
}

const mention = (text) => make("span", "mention", text);
const PARTS = {
  text: (part) => part.text,
  link: (part) => link(part.url, part.text ?? part.url),
  date,
  color,
  emoji,
  broadcast: (part) => mention(`@${part.range}`),
  user: (part) => userMention(part.user_id),
  usergroup: (part) => mention(`@${part.usergroup_id}`),
  channel: (part) => mention(`#${part.channel_id}`),
  team: (part) => mention(part.team_id),
};

function parts(elements) {
  return elements.map((part) => {
    const node = PARTS[part.type]?.(part) ?? `[${part.type}]`;
    return styled(typeof node === "string" ? document.createTextNode(node) : node, part.style);
  });
}

function list(element) {
  const ordered = element.style === "ordered";
  const drawn = make(ordered ? "ol" : "ul", element.border ? "list bordered" : "list");
  if (ordered && element.offset) drawn.start = element.offset + 1;
  drawn.style.marginLeft = `${(element.indent ?? 0) * 24}px`;
  drawn.append(...element.elements.map((entry) => make("li", "", ...parts(entry.elements))));
  return drawn;
}

const CONTAINERS = {
  rich_text_section: (element) => make("div", "line", ...parts(element.elements)),
  rich_text_quote: (element) => make("blockquote", "", ...parts(element.elements)),
  rich_text_preformatted: (element) => make("pre", "", ...parts(element.elements)),
  rich_text_list: list,
};

export function richText(block) {
  return make("div", "", ...block.elements.map((element) => CONTAINERS[element.type]?.(element) ?? make("div", "", `[${element.type}]`)));
}
