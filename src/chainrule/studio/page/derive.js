// View: a typed function, its derivation, its composition, and its numbers at the place of the slider.

import { h, row, problem, latest, nodes, reachable, objectIn } from "./dom.js";
import { post } from "./api.js";
import { Composition } from "./composition.js";
import { Numbers, PLACES, opened } from "./numbers.js";

const EXAMPLES = ["sin(x^2)", "(3x^2+1)^5", "sqrt(1+sin(e^(x^2)))", "1/(1+e^(-x))", "ln(cos x)", "|x^2-1|", "x sin x", "y = u^3; u = x^2+1", "x^2+y^2 = 25", "0.5*x'*A*x"];

export function open(main, facts, state, remember) {
  const view = new DeriveView(state, remember);
  main.append(view.element);
  view.load();
  view.input.focus({ preventScroll: true });
  return () => {};
}

class DeriveView {
  constructor(state, remember) {
    this.remember = remember;
    this.variable = state.get("variable");
    this.window = [Number(state.get("from") ?? -3), Number(state.get("to") ?? 3)];
    this.place = state.has("x") ? Math.round((Number(state.get("x")) - this.window[0]) / (this.window[1] - this.window[0]) * (PLACES - 1)) : 375;
    this.fixed = objectIn(state.get("fixed"));
    this.simplify = state.get("simplify") === "true";
    this.picture = state.get("picture") ?? "rings";
    this.load = latest(() => this.#load());
    this.#build(state.get("text") ?? EXAMPLES[0]);
  }

  #build(text) {
    this.input = h("input", { type: "text", id: "typed", class: "typed", autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-describedby": "understood" });
    this.input.value = text;
    this.input.addEventListener("input", () => this.load());
    this.select = h("select", { id: "variable", onchange: () => { this.variable = this.select.value; this.load(); } });
    this.by = row("Differentiate by", this.select);
    this.by.hidden = true;
    this.others = h("div", { class: "others" });
    this.error = h("div");
    this.body = h("div", { class: "derivation", "aria-live": "off" });
    this.understood = h("p", { class: "understood", id: "understood" });
    this.ends = ["from", "to"].map((name, i) => {
      const field = h("input", { type: "number", step: "any", id: name, "aria-label": `slider ${name}` });
      field.value = String(this.window[i]);
      field.addEventListener("change", () => { this.window[i] = Number(field.value); this.load(); });
      return field;
    });
    this.composition = new Composition(this.picture, (kind) => { this.picture = kind; this.#save(); });
    const simplify = h("input", { type: "checkbox", id: "simplify" });
    simplify.checked = this.simplify;
    simplify.addEventListener("change", () => { this.simplify = simplify.checked; this.load(); });
    this.copied = h("span", { class: "note", role: "status" });
    this.copies = h("div", { class: "copies", role: "group", "aria-label": "Copy the result" });
    this.paper = h("section", { class: "panel", "aria-label": "The derivation", hidden: true }, this.body, this.copies, this.copied);
    this.numbers = new Numbers(this.ends[0], this.ends[1], (place) => { this.place = place; this.composition.show(place); }, () => this.#save());
    this.element = h("div", { class: "derive" },
      h("section", { class: "panel ask", "aria-label": "The function" },
        h("h1", { class: "quiet-title" }, h("label", { for: "typed", text: "Differentiate" })),
        this.input, this.understood,
        h("div", { class: "examples", role: "group", "aria-label": "Examples" }, ...EXAMPLES.map((text) => h("button", { type: "button", text, onclick: () => { this.input.value = text; this.variable = null; this.load(); } }))),
        h("div", { class: "asked" }, this.by, this.others, h("label", { class: "check" }, simplify, " simplify as well (SymPy)")),
        this.error),
      h("div", { class: "halves" },
        h("div", { class: "column" }, this.paper, this.composition.element),
        h("div", { class: "column" }, this.numbers.element)));
  }

  async #load() {
    const text = this.input.value;
    if (!text.trim()) { this.error.replaceChildren(); return; }
    try {
      const found = opened(await post("/api/derive", { text, variable: this.variable ?? "", window: this.window, fixed: this.fixed, simplify: this.simplify }));
      this.error.replaceChildren();
      this.element.classList.remove("stale");
      this.input.removeAttribute("aria-invalid");
      this.#take(found);
      this.#save();
    } catch (error) {
      this.element.classList.add("stale");
      this.input.setAttribute("aria-invalid", "true");
      this.error.replaceChildren(this.#pointed(text, error));
    }
  }

  /** An error under the very letters that it means. */
  #pointed(text, error) {
    const [start, end] = error.more?.span ?? [0, 0];
    const box = problem(error);
    if (error.more?.span && !text.includes("\n")) {
      box.prepend(h("p", { class: "excerpt" }, text.slice(0, start), h("mark", { text: text.slice(start, Math.max(end, start + 1)) || "␣" }), text.slice(Math.max(end, start + 1))));
    }
    return box;
  }

  #take(found) {
    this.found = found;
    this.paper.hidden = false;
    this.body.replaceChildren(...nodes(found.body));
    this.understood.replaceChildren(h("span", { class: "note", text: "understood: " }), ...nodes(found.understood), h("span", { class: "sr", text: found.title }));
    this.by.hidden = found.variables.length < 2;
    this.select.replaceChildren(...found.variables.map((name) => h("option", { value: name, text: name })));
    this.select.value = found.variable;
    this.#showOthers(found);
    this.#showCopies(found.copies);
    this.composition.take(found);
    this.numbers.take(found, this.place);
    reachable(this.element); // once everything has its place
  }

  #showOthers({ others, table }) {
    if (!table || this.others.dataset.names === others.join()) return;
    this.others.dataset.names = others.join();
    this.others.replaceChildren(...others.map((name) => {
      const field = h("input", { type: "number", step: "any", id: `other-${name}` });
      field.value = String(table.fixed[name]);
      field.addEventListener("input", () => { if (field.value !== "") { this.fixed = { ...this.fixed, [name]: Number(field.value) }; this.load(); } });
      return row(`${name} =`, field);
    }));
  }

  #showCopies(copies) {
    const button = (name, text) => h("button", { type: "button", text: name, "data-copy": text(), onclick: async () => {
      await copy(text());
      this.copied.textContent = `${name} copied.`;
    } });
    this.saved = h("a", { class: "save", download: "derivation.html", text: "Save as a file" });
    this.copies.replaceChildren(h("span", { class: "note", text: "Copy as" }), ...Object.entries(copies).map(([name, text]) => button(name, () => text)),
      button("link", () => location.href), this.saved);
  }

  #save() {
    const x = this.found?.table?.x[this.place];
    const asked = { text: this.input.value, variable: this.variable ?? "", from: this.window[0], to: this.window[1], fixed: JSON.stringify(this.fixed), simplify: this.simplify };
    if (this.saved) this.saved.href = `/api/saved/derive?${new URLSearchParams(asked)}`;
    this.remember({ text: this.input.value, variable: this.found?.variables.length > 1 ? this.select.value : "", x: x ?? "", from: this.window[0], to: this.window[1], simplify: this.simplify || "", picture: this.picture === "rings" ? "" : this.picture, fixed: Object.keys(this.fixed).length ? JSON.stringify(this.fixed) : "" });
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = h("textarea", { class: "sr" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
