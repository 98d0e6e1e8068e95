// View: a network in training; what its layers' gradients do is the point.

import { h, s, row, format, toNumber, problem } from "./dom.js";

const RANGES = { depth: [1, 12, 1, "Hidden layers"], width: [1, 32, 1, "Units in each"], rate: [-3, 1.3, 0.05, "Rate"], steps: [100, 5000, 100, "Steps"] };
const START = { data: "moons", activation: "tanh", initialisation: "Glorot", depth: 1, width: 8, rate: 2, steps: 1500, seed: 0 };

export function open(main, facts, state, remember) {
  const view = new TrainView(facts.training, state, remember);
  main.append(view.element);
  return () => view.stop();
}

class TrainView {
  constructor(facts, state, remember) {
    this.facts = facts;
    this.remember = remember;
    this.setting = { ...START };
    for (const [name, start] of Object.entries(START)) {
      const given = state.get(name);
      if (given === null) continue;
      if (typeof start === "number") { if (Number.isFinite(Number(given))) this.setting[name] = Number(given); } else if (this.#choices(name).includes(given)) this.setting[name] = given;
    }
    this.history = [];
    this.#build();
    this.recolour = () => this.last && this.#surface(this.last);
    document.addEventListener("recolour", this.recolour);
  }

  #choices(name) {
    const found = this.facts[name];
    return Array.isArray(found) ? found : Object.keys(found);
  }

  #build() {
    const choice = (name, label) => row(label, h("select", { id: name, "data-setting": name, onchange: (event) => this.#set(name, event.target.value) },
      ...this.#choices(name).map((value) => h("option", { value, text: value, selected: value === this.setting[name] }))));
    this.button = h("button", { type: "button", class: "main", id: "start", text: "Start training", onclick: () => (this.source ? this.stop() : this.start()) });
    this.kind = h("p", { class: "note" });
    this.canvas = h("canvas", { width: "40", height: "40", class: "surface", "aria-hidden": "true" });
    this.points = s("svg", { class: "points", viewBox: "-1.05 -1.05 2.1 2.1", role: "img", "aria-label": "The data: circles and triangles, and the decision surface behind them" });
    this.readout = h("dl", { class: "readout", "aria-live": "off" });
    this.losses = s("svg", { class: "plot", viewBox: "0 0 320 150", role: "img" });
    this.sizes = s("svg", { class: "plot", viewBox: "0 0 320 190", role: "img" });
    this.verdict = h("p", { class: "said verdict", id: "verdict", "aria-live": "polite", text: "Start the training to see the gradient in each layer." });
    this.error = h("div");
    this.element = h("div", { class: "split" },
      h("section", { class: "panel side", "aria-label": "The network" },
        h("h1", { text: "Train" }),
        choice("data", "Data"), choice("activation", "Activation"), choice("initialisation", "First weights"), this.kind,
        this.#range("depth"), this.#range("width"), this.#range("rate"), this.#range("steps"),
        this.button,
        h("h2", { text: "Things to try" }),
        h("ul", { class: "tries" },
          this.#preset("Vanishing", { activation: "sigmoid", initialisation: "Glorot", depth: 8, rate: 0.5 }, "eight sigmoid layers: each multiplies by at most ¼"),
          this.#preset("Repaired", { activation: "tanh", initialisation: "Glorot", depth: 8, rate: 0.3 }, "the same depth with tanh"),
          this.#preset("Exploding", { activation: "relu", initialisation: "wide", depth: 5, rate: 0.5 }, "weights far too large"),
          this.#preset("Repaired", { activation: "relu", initialisation: "He", depth: 5, rate: 0.2 }, "He's weights, a small rate"),
          this.#preset("No bend", { activation: "none", initialisation: "Glorot", depth: 3, rate: 0.5, data: "circles" }, "without activation, many layers are one line"))),
      h("section", { class: "stage", "aria-label": "The training" },
        this.error,
        h("div", { class: "charts" },
          h("figure", {}, h("figcaption", { text: "Decision surface" }), h("div", { class: "map" }, this.canvas, this.points), this.readout),
          h("div", {},
            h("figure", {}, h("figcaption", { text: "Loss" }), this.losses),
            h("figure", {}, h("figcaption", { text: "Size of the gradient in each layer (bar: now; dashed line: before the first step)" }), this.sizes))),
        this.verdict));
    this.#describe();
  }

  #preset(title, setting, about) {
    return h("li", {}, h("button", { type: "button", class: "link", text: title, onclick: () => {
      this.setting = { ...this.setting, width: 8, ...setting };
      for (const element of this.element.querySelectorAll("[data-setting]")) this.#showSetting(element);
      this.#describe();
      this.stop();
      this.start();
    } }), ` – ${about}`);
  }

  #range(name) {
    const [min, max, step, label] = RANGES[name];
    const output = h("output", {});
    const range = h("input", { type: "range", id: name, min: String(min), max: String(max), step: String(step), "data-setting": name });
    range.addEventListener("input", () => {
      const raw = Number(range.value);
      this.#set(name, name === "rate" ? Number((10 ** raw).toPrecision(2)) : raw);
      output.textContent = format(this.setting[name]);
    });
    range.show = () => { range.value = String(name === "rate" ? Math.log10(this.setting[name]) : this.setting[name]); output.textContent = format(this.setting[name]); };
    range.show();
    return row(label, range, output);
  }

  #showSetting(element) {
    if (element.show) element.show(); else element.value = this.setting[element.dataset.setting];
  }

  #set(name, value) {
    this.setting = { ...this.setting, [name]: value };
    this.#describe();
    if (this.source) { this.stop(); this.start(); }
  }

  #describe() {
    this.kind.textContent = this.facts.initialisation[this.setting.initialisation];
    this.remember(this.setting);
  }

  start() {
    this.stop();
    this.history = [];
    this.error.replaceChildren();
    this.verdict.textContent = "Training …";
    const source = new EventSource(`/api/train?${new URLSearchParams(this.setting)}`);
    this.source = source;
    source.addEventListener("data", (event) => this.#begin(JSON.parse(event.data)));
    source.addEventListener("state", (event) => this.#state(JSON.parse(event.data)));
    source.addEventListener("end", (event) => { this.verdict.textContent = JSON.parse(event.data).verdict; this.stop(); });
    source.addEventListener("error", () => {
      if (this.source !== source) return;
      this.stop();
      this.error.replaceChildren(problem({ message: "The training was refused or broke off.", advice: "see that the studio still runs, that not too many trainings run at once, and start again." }));
    });
    this.button.textContent = "Stop";
  }

  stop() {
    this.source?.close();
    this.source = null;
    this.button.textContent = "Start training";
  }

  #begin({ points, layers, grid }) {
    this.layers = layers;
    this.canvas.width = this.canvas.height = grid;
    this.points.replaceChildren(...points.map(([x, y, label]) => (label
      ? s("path", { class: "point one", d: `M${x} ${-y - 0.034}l.032 .054h-.064z` })
      : s("circle", { class: "point zero", cx: x, cy: -y, r: 0.024 }))));
  }

  #state(state) {
    this.last = state;
    this.history.push({ step: state.step, loss: toNumber(state.loss), gradients: state.gradients.map(toNumber) });
    this.#surface(state);
    this.readout.replaceChildren(...[["step", state.step], ["loss", format(state.loss)], ["right", `${Math.round(state.accuracy * 100)} %`]].flatMap(([name, value]) => [h("dt", { text: name }), h("dd", { "data-read": name, text: String(value) })]));
    this.#plotLoss();
    this.#plotSizes(state.gradients.map(toNumber), state.first.map(toNumber));
  }

  #surface({ surface }) {
    const style = getComputedStyle(document.documentElement);
    const [zero, one, middle] = ["--zero", "--one", "--paper"].map((name) => rgb(style.getPropertyValue(name)));
    const levels = Uint8Array.from(atob(surface), (letter) => letter.charCodeAt(0));
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(this.canvas.width, this.canvas.height);
    levels.forEach((level, i) => {
      const side = level < 128 ? zero : one;
      const share = Math.abs(level - 127.5) / 127.5 * 0.75;
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = middle[c] + (side[c] - middle[c]) * share;
      image.data[4 * i + 3] = 255;
    });
    context.putImageData(image, 0, 0);
  }

  #plotLoss() {
    const known = this.history.filter(({ loss }) => Number.isFinite(loss));
    if (!known.length) return;
    const most = Math.max(...known.map(({ loss }) => loss), 0.1);
    const steps = Math.max(...known.map(({ step }) => step), 1);
    const x = (step) => 36 + (step / steps) * 274;
    const y = (loss) => 132 - (loss / most) * 118;
    this.losses.setAttribute("aria-label", `Loss from ${format(known[0].loss)} to ${format(known.at(-1).loss)} over ${steps} steps`);
    this.losses.dataset.first = known[0].loss;
    this.losses.dataset.last = known.at(-1).loss;
    this.losses.replaceChildren(
      ...[0, 0.5, 1].map((part) => s("g", { class: "rule" }, s("path", { d: `M36 ${y(most * part)}H310` }), s("text", { x: 32, y: y(most * part) + 4, "text-anchor": "end", text: format(most * part, 2) }))),
      s("text", { class: "tick", x: 310, y: 147, "text-anchor": "end", text: `${steps} steps` }),
      s("path", { class: "curve", d: `M${known.map(({ step, loss }) => `${x(step).toFixed(1)} ${y(loss).toFixed(1)}`).join("L")}` }));
  }

  #plotSizes(sizes, first) {
    const [low, high] = [-9, 3];
    const y = (size) => 160 - ((Math.min(high, Math.max(low, Math.log10(size || 1e-30))) - low) / (high - low)) * 150;
    const wide = 274 / sizes.length;
    this.sizes.setAttribute("aria-label", `Sizes of the gradient, first layer to last: ${sizes.map((size) => format(size, 2)).join(", ")}`);
    this.sizes.dataset.sizes = JSON.stringify(sizes);
    this.sizes.dataset.first = JSON.stringify(first);
    const rules = [];
    for (let power = low; power <= high; power += 3) rules.push(s("g", { class: "rule" }, s("path", { d: `M36 ${y(10 ** power)}H310` }), s("text", { x: 32, y: y(10 ** power) + 4, "text-anchor": "end", text: `1e${power}`.replace("-", "−") })));
    this.sizes.replaceChildren(...rules, ...sizes.map((size, i) => {
      const top = Number.isFinite(size) ? y(size) : 6;
      return s("g", { class: "bar-of" }, s("title", { text: `layer ${i + 1}: ${format(size)}` }),
        s("rect", { x: 36 + i * wide + wide * 0.14, y: top, width: wide * 0.72, height: Math.max(1, 160 - top), rx: 2 }),
        s("path", { class: "first", d: `M${36 + i * wide + 2} ${y(Number.isFinite(first[i]) ? first[i] : 1e9)}h${wide - 4}` }),
        s("text", { x: 36 + (i + 0.5) * wide, y: 174, "text-anchor": "middle", text: String(i + 1) }));
    }), s("text", { class: "tick", x: 173, y: 187, "text-anchor": "middle", text: "layer, first to last" }));
  }
}

function rgb(text) {
  const hex = text.trim().replace("#", "");
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
