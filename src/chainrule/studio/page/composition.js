// The composition as rings, the outermost function outside, or as a tree; both grow from the ways to the variable.

import { h, s, format, write, shortened } from "./dom.js";

const MOST = 24; // parts that are drawn
const KINDS = { rings: "Rings", tree: "Tree" };

/** A figure with both pictures, one of them shown. */
export class Composition {
  /** @param chosen called with the kind of picture that was asked for */
  constructor(kind = "rings", chosen = () => {}) {
    this.kind = kind in KINDS ? kind : "rings";
    this.place = 0;
    this.buttons = Object.entries(KINDS).map(([name, title]) => h("button", { type: "button", text: title, onclick: () => { this.kind = name; this.#draw(); chosen(name); } }));
    this.picture = h("div", { class: "picture scroll" });
    this.element = h("figure", { class: "rings", hidden: true }, h("div", { class: "choice", role: "group", "aria-label": "Picture of the composition" }, ...this.buttons), this.picture, h("figcaption", { class: "note" }));
  }

  take(found) {
    this.found = found;
    const parts = found.paths.reduce((sum, path) => sum + path.length, 0);
    this.element.hidden = parts < 2 || parts > MOST;
    if (!this.element.hidden) this.#draw();
  }

  #draw() {
    const { paths, variable } = this.found;
    const root = grown(paths, variable);
    this.edges = [];
    this.buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(Object.keys(KINDS)[i] === this.kind)));
    this.picture.replaceChildren(this.kind === "tree" ? this.#tree(root) : ringsOf(root));
    this.element.lastChild.textContent = this.kind === "tree" ? "From the whole down to the variable: each link carries its local derivative." : "Outside in: each ring is a function of what is inside it.";
    this.show(this.place);
  }

  #tree(root) {
    const drawing = treeOf(root, this.found.others.length > 0);
    this.edges = drawing.edges;
    return drawing.element;
  }

  /** The numbers on the links of the tree, at a place of the slider. */
  show(place) {
    this.place = place;
    const table = this.found?.table;
    if (!table) return;
    for (const { text, way, link } of this.edges ?? []) {
      const value = table.paths[way][link][place];
      write(text, Number.isNaN(value) ? "–" : `× ${format(value, 3)}`);
    }
  }
}

/** The tree that the ways have in common: parts with the same letter under the same part are one. */
export function grown(paths, variable) {
  const root = { name: paths[0][0].of, children: [] };
  paths.forEach((path, way) => {
    let part = root;
    path.forEach((factor, link) => {
      part.says = factor.ring;
      part.colour = factor.colour_of;
      let child = factor.by === variable ? null : part.children.find((one) => one.name === factor.by);
      if (!child) {
        child = { name: factor.by, says: factor.by, colour: factor.colour, children: [], way, link, of: part.name };
        part.children.push(child);
      }
      part = child;
    });
  });
  return root;
}

const colourOf = ({ colour }) => (colour === null || colour === undefined ? "ink" : `u${colour}`);
const letters = ({ says }) => Math.min([...says].length, 34);
const BAND = 34;
const AIR = 9;
const CORE = 44;

/** A part's size as a ring, those inside it side by side. */
function measure(part) {
  if (!part.children.length) return Object.assign(part, { wide: CORE, high: CORE });
  part.children.forEach(measure);
  const inside = part.children.reduce((sum, child) => sum + child.wide + AIR, -AIR);
  return Object.assign(part, { wide: Math.max(inside + 4 * AIR, 8.2 * letters(part) + 46), high: Math.max(...part.children.map(({ high }) => high)) + BAND + AIR });
}

function ring(part, x, y) {
  const text = (at) => s("text", { x: x + part.wide / 2, y: at, "text-anchor": "middle", text: shortened(part.says, 34) });
  if (!part.children.length) return [s("g", { class: `ring ${colourOf(part)} core` }, s("circle", { cx: x + CORE / 2, cy: y + CORE / 2, r: CORE / 2 - 2 }), text(y + CORE / 2 + 5))];
  let left = x + (part.wide - part.children.reduce((sum, child) => sum + child.wide + AIR, -AIR)) / 2;
  const tallest = part.high - BAND - AIR;
  const inner = part.children.flatMap((child) => {
    const drawn = ring(child, left, y + BAND + (tallest - child.high) / 2);
    left += child.wide + AIR;
    return drawn;
  });
  return [s("g", { class: `ring ${colourOf(part)}` }, s("title", { text: part.says }), s("rect", { x, y, width: part.wide, height: part.high, rx: Math.min(part.high / 2, 64) }), text(y + 23)), ...inner];
}

const spoken = (part) => (part.children.length ? `${part.says}${part.children.map((child) => (child.children.length ? `; ${spoken(child)}` : "")).join("")}` : part.says);

/** The composition as rings. */
export function ringsOf(root) {
  measure(root);
  const [wide, high] = [root.wide + 4, root.high + 4];
  return s("svg", { viewBox: `0 0 ${wide} ${high}`, width: wide, height: high, role: "img", "aria-label": `The composition, outside in: ${spoken(root)}` }, ...ring(root, 2, 2));
}

const ROW = 92;
const BOX = 34;

const wideOf = (part) => (part.children.length ? 8.2 * letters(part) + 26 : CORE);
const GAP = 14;
const LEAST = 104; // room for a number beside a link

/** How wide a part is with all that hangs under it. */
function spread(part) {
  part.children.forEach(spread);
  part.under = part.children.reduce((sum, child) => sum + child.span + GAP, -GAP);
  part.span = Math.max(wideOf(part), LEAST, part.under);
}

/** The composition as a tree: `{ element, edges }`, where an edge has the text that shows its number.
    @param partial whether other variables are held */
export function treeOf(root, partial) {
  const edges = [];
  const links = [];
  const boxes = [];
  let deepest = 0;
  const place = (part, left, depth) => {
    deepest = Math.max(deepest, depth);
    const [x, y, wide] = [left + part.span / 2, 4 + depth * ROW, wideOf(part)];
    const d = partial || part.children.length > 1 ? "∂" : "d";
    let start = left + (part.span - part.under) / 2;
    for (const child of part.children) {
      const to = place(child, start, depth + 1);
      start += child.span + GAP;
      const side = to < x - 1 ? -1 : 1; // beside the link, on its outer side
      const beside = { x: x + (to - x) * 0.6 + side * 9, "text-anchor": side < 0 ? "end" : "start" };
      const middle = y + BOX + (ROW - BOX) * 0.6;
      const text = s("text", { class: "edge", ...beside, y: middle + 11 });
      edges.push({ text, way: child.way, link: child.link });
      links.push(s("g", { class: colourOf(child) }, s("path", { class: "branch", d: `M${x} ${y + BOX}L${to} ${y + ROW}` }),
        s("text", { class: "edge name", ...beside, y: middle - 5, text: `${d}${part.name}/${d}${child.name}` }), text));
    }
    boxes.push(s("g", { class: `ring ${colourOf(part)}` }, s("title", { text: part.says }), s("rect", { x: x - wide / 2, y, width: wide, height: BOX, rx: BOX / 2 }), s("text", { x, y: y + 23, "text-anchor": "middle", text: shortened(part.says, 34) })));
    return x;
  };
  spread(root);
  place(root, 2, 0);
  const [wide, high] = [root.span + 4, 8 + deepest * ROW + BOX];
  return { edges, element: s("svg", { class: "tree", viewBox: `0 0 ${wide} ${high}`, width: wide, height: high, role: "img", "aria-label": `The composition as a tree: ${spoken(root)}` }, ...links, ...boxes) };
}
