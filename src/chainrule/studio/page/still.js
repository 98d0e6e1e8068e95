// A view in a file: what the server answered is in the page, and nothing is asked of anybody.

import { h, nodes, reachable } from "./dom.js";
import { BackwardView } from "./backward.js";
import { Composition } from "./composition.js";
import { Numbers, opened } from "./numbers.js";

export function show(main, { view, found }) {
  main.append(drawn(view, found));
  main.dataset.view = view;
  reachable(main);
}

/** The element of a view. */
export function drawn(view, found) {
  return view === "derive" ? derivation(found) : graph(found);
}

function derivation(sent) {
  const found = opened(sent);
  const composition = new Composition();
  const numbers = new Numbers("", "", (place) => composition.show(place));
  composition.take(found);
  if (found.table) numbers.take(found, Math.round(found.table.x.length * 0.6));
  return h("div", { class: "derive" }, h("h1", { class: "sr", text: found.title }), h("div", { class: "halves" },
    h("div", { class: "column" }, h("section", { class: "panel" }, h("div", { class: "derivation" }, ...nodes(found.body))), composition.element),
    h("div", { class: "column" }, numbers.element)));
}

function graph(found) {
  const view = new BackwardView({ programs: {}, activations: [] }, new URLSearchParams(), () => {}, true);
  view.take(found);
  return view.element;
}
