// Slack's own markup: links, dates, *bold*, _italic_, ~strike~, `code`, quotes. Entities last.

import { formatted } from "./dates.js";
import { link, make } from "./dom.js";
import { userMention } from "./users.js";

const decode = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
const INLINE = /<([^<>]+)>|`([^`\n]+)`|(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n]*?\S)\3(?![\p{L}\p{N}])|(https?:\/\/[^\s<>|]+)/gu;
const TAGS = { "*": "b", _: "i", "~": "s" };

function angled(inner) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? decode(target) : decode(inner.slice(bar + 1));
  if (/^@[UW][A-Z0-9]+$/.test(target)) return userMention(target.slice(1));
  if (!target.startsWith("!date^")) return link(decode(target), label);
  const [, stamp, format, url] = target.split("^");
  const shown = formatted(Number(stamp), format, label);
  return url ? link(decode(url), shown) : shown;
}

function inline(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > at) parts.push(decode(text.slice(at, found.index)));
    const [whole, inner, code, sign, styled, bare] = found;
    if (inner) parts.push(angled(inner));
    else if (code) parts.push(make("code", "", decode(code)));
    else if (sign) parts.push(make(TAGS[sign], "", ...inline(styled)));
    else parts.push(link(decode(bare), decode(bare)));
    at = found.index + whole.length;
  }
  if (at < text.length) parts.push(decode(text.slice(at)));
  return parts;
}

export function mrkdwn(text) {
  const lines = text.split("\n").map((line) => {
    const quoted = line.match(/^&gt; ?(.*)$/);
    return quoted ? make("blockquote", "", ...inline(quoted[1])) : make("div", "line", ...inline(line));
  });
  return make("div", "", ...lines);
}
