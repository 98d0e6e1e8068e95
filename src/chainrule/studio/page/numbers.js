// Everything that follows the slider: factors, curves, number lines. A move changes texts and places, and builds nothing.

import { h, format, write, eachFrame, resting, nodes } from "./dom.js";
import { Curve, NumberLines } from "./plot.js";

export const PLACES = 601;
const MOST_LINES = 6; // letters of a way that is drawn as number lines
const MOST_WAYS = 4;
const STEP = 0.5; // dx

/** A derivation as the server sent it, with its columns as numbers: NaN where there is no value. */
export function opened(found) {
  const { table } = found;
  if (!table || typeof table.x !== "string") return found;
  const letters = Object.fromEntries(Object.entries(table.letters).map(([name, text]) => [name, column(text)]));
  return { ...found, table: { ...table, letters, x: column(table.x), function: column(table.function), slope: column(table.slope), paths: table.paths.map((path) => path.map(column)) } };
}

/** The bytes of floats, in base64. */
function column(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Float64Array(bytes.buffer);
}

/** `take` shows another function. */
export class Numbers {
  /** @param moved called with the place after every move; @param settled called when it has come to rest */
  constructor(before, after, moved = () => {}, settled = () => {}) {
    this.moved = moved;
    this.settled = resting(settled);
    this.describe = resting(() => this.lines.forEach((lines) => lines.describe()));
    this.move = eachFrame((place) => { this.show(place); this.settled(place); });
    this.slider = h("input", { type: "range", class: "place", min: "0", max: String(PLACES - 1), "aria-label": "x" });
    this.slider.addEventListener("input", () => this.move(Number(this.slider.value)));
    this.at = h("span", { class: "at" });
    this.factors = h("div", { class: "chain" });
    this.plots = h("div", { class: "plots" });
    this.element = h("section", { class: "panel live", "aria-label": "The numbers at one place", hidden: true },
      h("div", { class: "slide" }, this.at, before, this.slider, after), this.factors, this.plots);
  }

  /** @param curves whether the curves are drawn, besides the factors and the number lines */
  take(found, place, curves = true) {
    this.found = found;
    const { table, variable } = found;
    this.element.hidden = !table;
    if (!table) return;
    this.slider.setAttribute("aria-label", variable);
    this.curves = !curves ? [] : [
      new Curve({ x: table.x, y: table.function, marks: table.marks, label: `The function and its tangent over ${variable}`, kind: "function", tangent: true, choose: this.move }),
      new Curve({ x: table.x, y: table.slope, marks: table.marks, high: 150, label: `The derivative over ${variable}`, kind: "slope", choose: this.move })];
    const captions = ["The function, and its tangent", "The derivative"];
    this.plots.replaceChildren(...this.curves.map((curve, i) => h("figure", {}, h("figcaption", { text: captions[i] }), curve.element)), ...this.#ways());
    this.#build();
    this.show(Math.max(0, Math.min(PLACES - 1, place)));
  }

  /** Number lines for each way from the value back to the variable. */
  #ways() {
    const { paths, variable, output } = this.found;
    const drawn = paths.length <= MOST_WAYS && paths.every((path) => path.length <= MOST_LINES) ? paths : [];
    this.lines = drawn.map((path) => {
      const inner = path.slice(0, -1).reverse();
      return new NumberLines([variable, ...inner.map(({ by }) => by), path[0].of], ["ink", ...inner.map(({ colour }) => `u${colour}`), "ink"], STEP);
    });
    this.together = h("p", { class: "together" });
    const wiggle = `A wiggle d${variable} = ${STEP}, stretched by each local derivative`;
    const caption = (i) => (drawn.length < 2 ? wiggle : `Way ${i + 1} of ${drawn.length}: ${this.lines[i].names.join(" → ")}`);
    const figures = this.lines.map((lines, i) => h("figure", {}, h("figcaption", { text: caption(i) }), lines.element));
    return drawn.length < 2 ? figures : [h("h2", { class: "quiet-title", text: wiggle }), ...figures, h("p", { class: "note", text: `Along each way slopes multiply; where the ways meet in ${output}, their wiggles add:` }), this.together];
  }

  #build() {
    const { paths } = this.found;
    this.cells = [];
    this.products = [];
    const lines = paths.map((path) => {
      const product = h("b", { class: "times" });
      this.products.push(product);
      this.cells.push([]);
      const cells = path.map((factor) => {
        const number = h("b", {});
        this.cells.at(-1).push(number);
        return h("span", { class: `factor ${factor.colour === null ? "ink" : `u${factor.colour}`}` }, h("span", {}, ...nodes(factor.leibniz), " = ", ...nodes(factor.local)), number);
      });
      return h("p", { class: "product" }, ...cells.flatMap((cell, i) => (i ? [h("span", { class: "times", text: "·" }), cell] : [cell])), path.length > 1 || paths.length > 1 ? product : "");
    });
    this.value = h("span", {});
    this.derivative = h("b", { class: "slope-now" });
    this.factors.replaceChildren(...lines, h("p", { class: "reads" }, this.value, " ", this.derivative));
  }

  show(place) {
    const { table, paths, variable, output } = this.found;
    if (!table) return;
    this.place = place;
    if (this.slider.value !== String(place)) this.slider.value = String(place);
    const x = table.x[place];
    const at = `${variable} = ${format(x)}`;
    write(this.at, at);
    this.slider.setAttribute("aria-valuetext", at);
    const products = paths.map((path, p) => {
      let product = 1;
      path.forEach((_, i) => {
        const value = table.paths[p][i][place];
        product *= value;
        write(this.cells[p][i], known(value));
        this.cells[p][i].dataset.value = String(value);
      });
      write(this.products[p], `= ${known(product)}`);
      return product;
    });
    const [value, slope] = [table.function[place], table.slope[place]];
    write(this.value, Number.isNaN(value) ? "The function has no value here." : `${output} = ${format(value, 6)},`);
    write(this.derivative, Number.isNaN(slope) ? "no derivative here" : `slope ${format(slope, 6)}`);
    this.derivative.dataset.value = String(slope);
    this.curves.forEach((curve) => curve.show(place, slope));
    this.lines.forEach((lines, p) => {
      const letters = paths[p].slice(0, -1).map(({ by }) => (table.letters[by] ? table.letters[by][place] : NaN));
      lines.show([x, ...letters.reverse(), value], table.paths[p].map((factor) => factor[place]).reverse());
    });
    const wiggles = products.map((product) => known(product * STEP));
    write(this.together, `d${output} = ${wiggles.join(" + ").replaceAll("+ −", "− ")} = ${known(products.reduce((a, b) => a + b, 0) * STEP)}`);
    this.describe();
    this.moved(place);
  }
}

const known = (value) => (Number.isNaN(value) ? "–" : format(value));
