// Everything on this page is made here: elements by name, text as text nodes. No markup is ever parsed.

const SVG = "http://www.w3.org/2000/svg";

export function make(tag, classes = "", ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function isWeb(url) {
  try {
    return ["http:", "https:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

export function link(url, ...children) {
  if (!isWeb(url)) return make("span", "", ...children);
  const anchor = make("a", "", ...children);
  anchor.href = url;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  return anchor;
}

function drawing(classes, size, ...shapes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add(classes);
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    svg.append(shape);
  }
  return svg;
}

const STROKE = { stroke: "#fff", "stroke-width": 3, "stroke-linecap": "round" };

export function avatar() {
  const plate = { width: 36, height: 36, rx: 8, fill: "#7b4a91" };
  return drawing("avatar", 36, ["rect", plate], ["path", { d: "M9 12h18M9 18h18M9 24h11", ...STROKE }]);
}

export function lock() {
  const shackle = { d: "M4 6V4a2 2 0 0 1 4 0v2", fill: "none", stroke: "currentColor", "stroke-width": 1.4 };
  return drawing("lock", 12, ["path", shackle], ["rect", { x: 2, y: 6, width: 8, height: 5, rx: 1, fill: "currentColor" }]);
}

export function warning() {
  const triangle = { d: "M8 1.5 15 14H1z", fill: "currentColor" };
  const mark = { d: "M8 6v4M8 11.8v.6", stroke: "var(--panel)", "stroke-width": 1.6, "stroke-linecap": "round" };
  return drawing("warning", 16, ["path", triangle], ["path", mark]);
}
