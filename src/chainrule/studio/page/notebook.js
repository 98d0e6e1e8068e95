// A view in a notebook: `model` is an anywidget's, and answers what is typed.

import { h, problem, reachable } from "./dom.js";
import { drawn } from "./still.js";
import { ReportView } from "./report.js";

export function render(model, element, style) {
  const shadow = element.attachShadow({ mode: "open" });
  const frame = h("div", {});
  const trouble = h("div", {});
  const view = model.get("view");
  const report = view === "explain" ? new ReportView() : null;
  const waiting = h("p", { class: "waiting", text: "Waiting for the first check of the training …" });
  if (report) frame.append(waiting, report.element);
  const draw = () => {
    const found = model.get("found");
    if (report) {
      const known = "format" in found; // of a training that is watched, there is none before its first check
      report.element.hidden = !known;
      waiting.hidden = known;
      if (known) report.take(found);
    } else frame.replaceChildren(drawn(view, found));
    reachable(frame);
  };
  const complain = () => {
    const said = model.get("problem");
    trouble.replaceChildren(said.message ? problem(said) : "");
  };
  shadow.append(h("style", { text: style }));
  if (view === "derive") {
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
