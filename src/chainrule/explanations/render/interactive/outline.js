// The same graph as a list that folds: parts, and in them links. A tree for the keyboard and for screen readers.

import { h } from "./dom.js";
import { gainClass, gainText, shareOf, shareText } from "./words.js";

/** `element` is the tree; one item can be reached by Tab, the arrow keys go on from there. */
export class Outline {
  /** @param acts { fold(part), choose(link) } */
  constructor(model, acts) {
    this.model = model;
    this.acts = acts;
    this.element = h("div", { class: "outline", role: "tree", "aria-label": "Parts and links" });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("click", (event) => { const at = event.target.closest("[data-item]"); if (at) this.#act(at); });
  }

  draw(open, chosen) {
    const focused = this.element.contains(this.element.getRootNode().activeElement) ? this.element.getRootNode().activeElement.dataset.item : null;
    this.open = open;
    const rows = [];
    this.#rows(null, 1, rows);
    this.element.replaceChildren(...rows);
    this.rows = rows;
    this.mark(chosen);
    const stop = rows.find((row) => row.dataset.item === focused);
    if (stop) this.#focus(stop);
  }

  #rows(part, level, rows) {
    const children = this.model.children(part);
    const items = children.flatMap((id) => (id[0] === "p" ? [id] : this.model.linksFrom(this.model.joint(id).number)));
    items.forEach((item, i) => {
      const place = { "aria-level": level, "aria-setsize": items.length, "aria-posinset": i + 1, tabindex: "-1", role: "treeitem" };
      if (typeof item !== "string") { rows.push(this.#link(item, place)); return; }
      rows.push(this.#part(item, place));
      if (this.open.has(item)) this.#rows(item, level + 1, rows);
    });
  }

  #part(id, place) {
    const { title, gain } = this.model.part(id);
    const found = this.model.findingsIn(id);
    const row = h("div", { ...attributes(place), class: "item part-item", "aria-expanded": String(this.open.has(id)), "data-item": id },
      h("span", { class: "turn", "aria-hidden": "true", text: this.open.has(id) ? "▾" : "▸" }), h("span", { class: "says", text: title }),
      gain === null ? null : h("span", { class: `gain ${gainClass(gain)}`, text: gainText(gain) }),
      found ? h("span", { class: "badge", text: `⚠ ${found}` }) : null);
    row.style.paddingInlineStart = `${place["aria-level"] * 0.9}rem`;
    return row;
  }

  #link(link, place) {
    const row = h("div", { ...attributes(place), class: "item", "data-item": `l${link.index}` },
      h("span", { class: "says", text: `${link.name} → ${link.into}` }), h("span", { class: "op", text: link.op }),
      h("span", { class: `gain ${gainClass(link.gain)}`, text: link.size_effect ? `(${gainText(link.gain)})` : gainText(link.gain) }),
      h("span", { class: "share", text: shareText(shareOf(link)) }));
    row.style.paddingInlineStart = `${place["aria-level"] * 0.9 + 1}rem`;
    return row;
  }

  mark(chosen) {
    const item = chosen === null ? null : `l${chosen.index}`;
    let stop = null;
    for (const row of this.rows) {
      const here = row.dataset.item === item;
      if (row.dataset.item[0] === "l") row.setAttribute("aria-selected", String(here));
      if (here) stop = row;
      row.tabIndex = -1;
    }
    (stop ?? this.rows[0])?.setAttribute("tabindex", "0");
    if (stop) stop.scrollIntoView({ block: "nearest" });
  }

  #act({ dataset: { item } }) {
    if (item[0] === "p") this.acts.fold(item);
    else this.acts.choose(this.model.report.links[Number(item.slice(1))]);
  }

  #key(event) {
    const at = this.rows.indexOf(event.target.closest("[data-item]"));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const { item } = this.rows[at].dataset;
    const level = Number(this.rows[at].ariaLevel);
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.rows.length - 1 };
    if (event.key in moves) this.#focus(this.rows[Math.max(0, Math.min(this.rows.length - 1, moves[event.key]))]);
    else if (event.key === "Enter" || event.key === " ") this.#act(this.rows[at]);
    else if (event.key === "ArrowRight" && item[0] === "p") { if (this.open.has(item)) this.#focus(this.rows[at + 1] ?? this.rows[at]); else this.acts.fold(item); }
    else if (event.key === "ArrowLeft" && item[0] === "p" && this.open.has(item)) this.acts.fold(item);
    else if (event.key === "ArrowLeft") { const outer = this.rows.slice(0, at).findLast((row) => Number(row.ariaLevel) < level); if (outer) this.#focus(outer); }
    else return;
    event.preventDefault();
  }

  #focus(row) {
    for (const one of this.rows) one.tabIndex = -1;
    row.tabIndex = 0;
    row.focus();
  }
}

/** Every value as the text of an attribute. */
function attributes(properties) {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, String(value)]));
}
