// View: a typed function, its derivation, its composition, and its numbers at the place of the slider.

import { h, s, row, format, problem, latest, eachFrame, shortened } from "./dom.js";
import { post } from "./api.js";
import { Curve, NumberLines } from "./plot.js";

const EXAMPLES = ["sin(x^2)", "(3x^2+1)^5", "sqrt(1+sin(e^(x^2)))", "1/(1+e^(-x))", "ln(cos x)", "|x^2-1|", "x sin x", "y = u^3; u = x^2+1", "x^2+y^2 = 25"];
const PLACES = 601;

export function open(main, facts, state, remember) {
  const view = new DeriveView(state, remember);
  main.append(view.element);
  view.load();
  view.input.focus({ preventScroll: true });
  return () => {};
}

/** Markup that the server made, as nodes. It holds formulas, lists and tables; nothing in it runs. */
export function nodes(markup) {
  return [...new DOMParser().parseFromString(markup, "text/html").body.childNodes].map((node) => document.importNode(node, true));
}

/** Everything that follows the slider: factors, curves, number lines. `take` shows another function in it. */
export class Numbers {
  /** @param moved called with the place after every move */
  constructor(before, after, moved = () => {}) {
    this.moved = moved;
    this.move = eachFrame((place) => this.show(place));
    this.slider = h("input", { type: "range", class: "place", min: "0", max: String(PLACES - 1), "aria-label": "x" });
    this.slider.addEventListener("input", () => this.move(Number(this.slider.value)));
    this.at = h("output", { class: "at" });
    this.factors = h("div", { class: "chain" });
    this.plots = h("div", { class: "plots" });
    this.element = h("section", { class: "panel live", "aria-label": "The numbers at one place", hidden: true },
      h("div", { class: "slide" }, this.at, before, this.slider, after), this.factors, this.plots);
  }

  /** @param curves whether the curves are drawn, besides the factors and the number lines */
  take(found, place, curves = true) {
    this.found = found;
    const { table } = found;
    this.element.hidden = !table;
    if (!table) return;
    const chain = found.paths.length === 1 ? found.paths[0] : [];
    this.slider.setAttribute("aria-label", found.variable);
    this.curves = !curves ? [] : [
      new Curve({ x: table.x, y: table.function, marks: table.marks, label: `The function and its tangent over ${found.variable}`, kind: "function", tangent: true, choose: this.move }),
      new Curve({ x: table.x, y: table.slope, marks: table.marks, high: 150, label: `The derivative over ${found.variable}`, kind: "slope", choose: this.move })];
    const inner = chain.slice(0, -1).reverse();
    this.lines = chain.length && chain.length <= 6 ? new NumberLines([found.variable, ...inner.map(({ by }) => by), chain[0].of], ["ink", ...inner.map(({ colour }) => `u${colour}`), "ink"]) : null;
    const captions = ["The function, and its tangent", "The derivative"];
    this.plots.replaceChildren(
      ...this.curves.map((curve, i) => h("figure", {}, h("figcaption", { text: captions[i] }), curve.element)),
      this.lines ? h("figure", {}, h("figcaption", { text: `A wiggle d${found.variable} = 0.5, stretched by each local derivative` }), this.lines.element) : "");
    this.#build();
    this.show(Math.max(0, Math.min(PLACES - 1, place)));
  }

  #build() {
    const { paths } = this.found;
    this.cells = [];
    this.products = [];
    const lines = paths.map((path) => {
      const product = h("b", { class: "times" });
      this.products.push(product);
      const cells = path.map((factor) => {
        const number = h("b", {});
        this.cells.push(number);
        return h("span", { class: `factor ${factor.colour === null ? "ink" : `u${factor.colour}`}` }, h("span", {}, ...nodes(factor.leibniz), " = ", ...nodes(factor.local)), number);
      });
      return h("p", { class: "product" }, ...cells.flatMap((cell, i) => (i ? [h("span", { class: "times", text: "·" }), cell] : [cell])), path.length > 1 || paths.length > 1 ? product : "");
    });
    this.value = h("span", {});
    this.derivative = h("b", { class: "slope-now" });
    this.factors.replaceChildren(...lines, h("p", { class: "reads" }, this.value, " ", this.derivative));
  }

  show(place) {
    const { table, paths, variable } = this.found;
    if (!table) return;
    this.place = place;
    this.slider.value = String(place);
    const x = table.x[place];
    this.at.textContent = `${variable} = ${format(x)}`;
    this.slider.setAttribute("aria-valuetext", this.at.textContent);
    let cell = 0;
    const slopes = [];
    paths.forEach((path, p) => {
      let product = 1;
      path.forEach((_, i) => {
        const value = table.paths[p][i][place];
        product = value === null || product === null ? null : product * value;
        if (p === 0) slopes.push(value);
        this.cells[cell].textContent = value === null ? "–" : format(value);
        this.cells[cell].dataset.value = String(value);
        cell += 1;
      });
      this.products[p].textContent = product === null ? "= –" : `= ${format(product)}`;
    });
    const [value, slope] = [table.function[place], table.slope[place]];
    this.value.textContent = value === null ? "The function has no value here." : `${this.found.output} = ${format(value, 6)},`;
    this.derivative.textContent = slope === null ? "no derivative here" : `slope ${format(slope, 6)}`;
    this.derivative.dataset.value = String(slope);
    this.curves.forEach((curve) => curve.show(place, slope));
    if (this.lines) {
      const letters = paths[0].slice(0, -1).map((factor) => (table.letters[factor.by] ?? [])[place] ?? null);
      this.lines.show([x, ...letters.reverse(), value], slopes.reverse());
    }
    this.moved(place);
  }
}

class DeriveView {
  constructor(state, remember) {
    this.remember = remember;
    this.variable = state.get("variable");
    this.window = [Number(state.get("from") ?? -3), Number(state.get("to") ?? 3)];
    this.place = state.has("x") ? Math.round((Number(state.get("x")) - this.window[0]) / (this.window[1] - this.window[0]) * (PLACES - 1)) : 375;
    this.fixed = {};
    this.simplify = state.get("simplify") === "true";
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
    this.rings = h("figure", { class: "rings", hidden: true });
    const simplify = h("input", { type: "checkbox", id: "simplify" });
    simplify.checked = this.simplify;
    simplify.addEventListener("change", () => { this.simplify = simplify.checked; this.load(); });
    this.copied = h("span", { class: "note", role: "status" });
    this.copies = h("div", { class: "copies", role: "group", "aria-label": "Copy the result" });
    this.paper = h("section", { class: "panel", "aria-label": "The derivation", hidden: true }, this.body, this.copies, this.copied);
    this.numbers = new Numbers(this.ends[0], this.ends[1], (place) => { this.place = place; this.#save(); });
    this.element = h("div", { class: "derive" },
      h("section", { class: "panel ask", "aria-label": "The function" },
        h("h1", { class: "quiet-title" }, h("label", { for: "typed", text: "Differentiate" })),
        this.input, this.understood,
        h("div", { class: "examples", role: "group", "aria-label": "Examples" }, ...EXAMPLES.map((text) => h("button", { type: "button", text, onclick: () => { this.input.value = text; this.variable = null; this.load(); } }))),
        h("div", { class: "asked" }, this.by, this.others, h("label", { class: "check" }, simplify, " simplify as well (SymPy)")),
        this.error),
      h("div", { class: "halves" },
        h("div", { class: "column" }, this.paper, this.rings),
        h("div", { class: "column" }, this.numbers.element)));
  }

  async #load() {
    const text = this.input.value;
    if (!text.trim()) { this.error.replaceChildren(); return; }
    try {
      const found = await post("/api/derive", { text, variable: this.variable ?? "", window: this.window, fixed: this.fixed, simplify: this.simplify });
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
    reachable(this.element);
    this.by.hidden = found.variables.length < 2;
    this.select.replaceChildren(...found.variables.map((name) => h("option", { value: name, text: name })));
    this.select.value = found.variable;
    this.#showOthers(found);
    this.#showCopies(found.copies);
    const chain = found.paths.length === 1 ? found.paths[0] : [];
    this.rings.replaceChildren(...(chain.length > 1 && chain.length <= 8 ? [ringsOf(chain, found.variable), h("figcaption", { class: "note", text: "Outside in: each ring is a function of what is inside it." })] : []));
    this.rings.hidden = !this.rings.childElementCount;
    this.numbers.take(found, this.place);
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
    this.remember({ text: this.input.value, variable: this.found?.variables.length > 1 ? this.select.value : "", x: x ?? "", from: this.window[0], to: this.window[1], simplify: this.simplify || "" });
  }
}

/** What has to be scrolled sideways can be reached by the keyboard. */
export function reachable(element) {
  for (const part of element.querySelectorAll("li, p, .scroll, .display")) {
    if (part.scrollWidth > part.clientWidth + 1) part.setAttribute("tabindex", "0");
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

/** The composition as rings: the outermost function outside, the variable in the middle. */
export function ringsOf(chain, variable) {
  const count = chain.length;
  const [wide, band] = [420, Math.min(46, 250 / (count + 1))];
  const inner = 40;
  const high = 2 * (count * band + inner) + 8;
  const rings = chain.map((factor, i) => {
    const [rx, ry] = [wide / 2 - 2 - i * (wide / 2 - inner - 40) / count, high / 2 - 4 - i * band];
    const colour = factor.colour_of === null ? "ink" : `u${factor.colour_of}`;
    return s("g", { class: `ring ${colour}` }, s("title", { text: factor.ring_text }), s("rect", { x: wide / 2 - rx, y: high / 2 - ry, width: 2 * rx, height: 2 * ry, rx: Math.min(ry, 90) }),
      s("text", { x: wide / 2, y: high / 2 - ry + band / 2 + 5, "text-anchor": "middle", text: shortened(factor.ring_text, 34 - 2 * i) }));
  });
  return s("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": `The composition, outside in: ${chain.map((factor) => factor.ring_text).join("; ")}` },
    ...rings, s("g", { class: "ring ink core" }, s("circle", { cx: wide / 2, cy: high / 2, r: Math.min(inner - 6, 24) }), s("text", { x: wide / 2, y: high / 2 + 6, "text-anchor": "middle", text: variable })));
}
