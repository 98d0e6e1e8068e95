// A view in a file: what the server answered is in the page, and nothing is asked of anybody.

import { h, nodes, problem, reachable } from "./dom.js";
import { BackwardView } from "./backward.js";
import { Composition } from "./composition.js";
import { Numbers, opened } from "./numbers.js";

export function show(main, { view, found }) {
  main.append(view === "derive" ? derivation(found) : graph(found));
  main.dataset.view = view;
  reachable(main);
}

/** In a notebook: `model` is an anywidget's, and answers what is typed. */
export function render(model, element, style) {
  const shadow = element.attachShadow({ mode: "open" });
  const frame = h("div", {});
  const trouble = h("div", {});
  const draw = () => {
    const found = model.get("found");
    frame.replaceChildren(model.get("view") === "derive" ? derivation(found) : graph(found));
    reachable(frame);
  };
  const complain = () => {
    const said = model.get("problem");
    trouble.replaceChildren(said.message ? problem(said) : "");
  };
  shadow.append(h("style", { text: style }));
  if (model.get("view") === "derive") {
    const input = h("input", { type: "text", class: "typed", "aria-label": "Differentiate", autocomplete: "off", spellcheck: "false" });
    input.value = model.get("text");
    input.addEventListener("input", () => { model.set("text", input.value); model.save_changes(); });
    shadow.append(input);
  }
  shadow.append(trouble, frame);
  model.on("change:found", draw);
  model.on("change:problem", complain);
  draw();
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
