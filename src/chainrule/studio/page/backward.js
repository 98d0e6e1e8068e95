// View: one graph, forward and backward, link by link.

import { h, s, row, format, formatValue, toNumber, latest, calm, problem, objectIn } from "./dom.js";
import { post } from "./api.js";
import { GraphDrawing, factorsOf, waysTo } from "./graph.js";

const PACE = 1100;
const OWN = "own";

export function open(main, facts, state, remember) {
  const view = new BackwardView(facts, state, remember);
  main.append(view.element);
  view.start();
  return () => view.pause();
}

/** @param bare without a choice of programs, and without an address: as a part of another page */
export class BackwardView {
  constructor(facts, state, remember, bare = false) {
    this.bare = bare;
    this.facts = facts;
    this.remember = remember;
    const known = state.get("program") in facts.programs || (state.get("program") === OWN && facts.run_code);
    this.program = known ? state.get("program") : "neuron";
    this.activation = facts.activations.includes(state.get("activation")) ? state.get("activation") : "sigmoid";
    this.values = objectIn(state.get("values"));
    this.position = state.has("step") ? Number(state.get("step")) : null;
    this.chosen = null;
    this.load = latest(() => this.#load());
    this.#build();
  }

  #build() {
    const programs = { ...this.facts.programs };
    if (this.facts.run_code) programs[OWN] = { title: "Your own program", about: "Python that you type, run in a process of its own." };
    this.select = h("select", { id: "program", onchange: () => this.#choose(this.select.value) },
      ...Object.entries(programs).map(([name, { title }]) => h("option", { value: name, text: title })));
    this.select.value = this.program;
    this.about = h("p", { class: "note" });
    this.activations = h("select", { id: `activation-${this.program}`, onchange: () => { this.activation = this.activations.value; this.load(); } },
      ...this.facts.activations.map((name) => h("option", { value: name, text: name })));
    this.activations.value = this.activation;
    this.inputs = h("div", { class: "inputs" });
    this.code = h("pre", { class: "code", tabindex: "0", role: "group", "aria-label": "The program" });
    this.editor = h("textarea", { id: "source", spellcheck: "false", rows: "16", "aria-label": "Your program" });
    this.editor.value = kept() ?? this.facts.example;
    this.editor.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey) this.load(); });
    this.editor.addEventListener("input", () => this.inputs.replaceChildren()); // the places of its numbers have changed
    this.runButton = h("button", { type: "button", class: "main", text: "Run it (Ctrl+Enter)", onclick: () => this.load() });
    this.printed = h("pre", { class: "code printed" });
    this.error = h("div");
    this.figure = h("div", { class: "figure scroll" });
    this.formula = h("p", { class: "formula step-formula" });
    this.sentence = h("p", { class: "step-sentence" });
    this.kind = h("span", { class: "kind" });
    this.scrub = h("input", { type: "range", min: "0", value: "0", class: "scrub", "aria-label": "Step", oninput: () => { this.pause(); this.#go(Number(this.scrub.value)); } });
    this.count = h("output", {});
    this.playButton = h("button", { type: "button", class: "main", onclick: () => this.#toggle() });
    this.transport = h("div", { class: "transport", role: "group", "aria-label": "Steps" },
      this.#button("M5 3v10M14 3 7 8l7 5z", "To the start", () => this.#go(0)),
      this.#button("M12 3 5 8l7 5z", "One step back", () => this.#go(this.position - 1)),
      this.playButton,
      this.#button("M4 3 11 8l-7 5z", "One step on", () => this.#go(this.position + 1)),
      this.#button("M11 3v10M2 3 9 8l-7 5z", "To the end", () => this.#go(this.last)),
      this.scrub, this.count);
    this.ways = h("div", { class: "ways" });
    this.table = h("details", { class: "numbers" });
    this.saved = h("a", { class: "save", download: "backward.html", text: "Save as a file", hidden: true });
    this.activationLabel = row("Activation", this.activations);
    this.own = h("div", { class: "own", hidden: true }, h("label", { class: "block", for: "source", text: "Your program: NumPy, PyTorch or TensorFlow spelling" }), this.editor, this.runButton, this.printed);
    this.element = h("div", { class: "split" },
      h("section", { class: "panel side", "aria-label": "What is computed" },
        ...(this.bare ? [] : [h("h1", { text: "Backpropagation" }), row("Program", this.select)]), this.about, this.activationLabel, this.own, this.inputs,
        this.code),
      h("section", { class: "stage", "aria-label": "The graph and its two walks" },
        this.error, this.figure, this.transport,
        h("div", { class: "said", "aria-live": "polite" }, this.kind, this.formula, this.sentence),
        this.ways, this.table, this.saved));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.#showKind();
  }

  #button(drawn, label, work) {
    const icon = s("svg", { viewBox: "0 0 16 16", width: 16, height: 16, class: "icon", "aria-hidden": "true" }, s("path", { d: drawn }));
    return h("button", { type: "button", "aria-label": label, title: label, onclick: () => { this.pause(); work(); } }, icon);
  }

  start() {
    if (this.program === OWN) this.#clear();
    else this.load();
  }

  #choose(name) {
    this.pause();
    this.program = name;
    this.values = {};
    this.position = this.chosen = null;
    this.#showKind();
    if (name !== OWN) this.load();
    else this.#clear();
  }

  /** Nothing is shown until the user's program is run, and it is run only when the user asks for it. */
  #clear() {
    this.replay = this.drawing = null;
    this.error.replaceChildren();
    for (const part of [this.figure, this.inputs, this.ways, this.table, this.code]) part.replaceChildren();
    this.formula.textContent = this.kind.textContent = "";
    this.sentence.textContent = "Run your program to see its graph.";
    this.count.textContent = "";
    this.saved.hidden = true;
    this.remember({ program: OWN });
  }

  #showKind() {
    const own = this.program === OWN;
    this.own.hidden = !own;
    const known = this.facts.programs[this.program]; // none in a saved file, which asks nothing
    this.activationLabel.hidden = !known;
    this.inputs.hidden = !known && !own;
    this.code.hidden = own && !this.replay;
    this.about.textContent = own ? "It runs on this machine, as you, with limits on time and memory." : known?.about ?? "";
  }

  async #load() {
    try {
      const asked = this.program;
      const own = asked === OWN;
      if (own) keep(this.editor.value);
      const replay = own ? await post("/api/snippet", { source: this.editor.value })
        : await post("/api/backward", { program: this.program, activation: this.activation, values: this.values });
      if (this.program !== asked) return; // another was chosen meanwhile
      this.error.replaceChildren();
      this.take(replay);
    } catch (error) {
      this.error.replaceChildren(problem(error));
    }
  }

  /** Show a replay, at the present step if it is of the same graph. */
  take(replay) {
    const same = this.replay && this.replay.nodes.map((n) => n.name).join() === replay.nodes.map((n) => n.name).join();
    this.replay = replay;
    this.last = replay.forward.length + replay.backward.length;
    if (!same) this.chosen = replay.inputs[0];
    this.position = this.position === null || (!same && this.drawing) ? replay.forward.length : Math.min(this.position, this.last);
    this.drawing = new GraphDrawing(replay, (node) => { this.chosen = node; this.#draw(); });
    this.figure.replaceChildren(this.drawing.element);
    this.scrub.max = String(this.last);
    this.printed.textContent = replay.printed ? `printed:\n${replay.printed}` : "";
    this.#showKind();
    const current = this.program !== OWN || replay.source === this.editor.value; // else it has been changed since
    if (current) this.spans = new Map(replay.given?.map(({ name, span }) => [name, span]));
    if (current && !this.inputs.hidden && (!same || !this.inputs.childElementCount)) this.#buildInputs();
    this.code.replaceChildren(...replay.source.trimEnd().split("\n").map((line, i) => h("span", { class: "line", "data-line": String(i + 1), text: line })));
    this.#draw();
  }

  #buildInputs() {
    this.inputs.replaceChildren(...this.replay.given.map(({ name, role, value }) => h("fieldset", { class: `input ${role}` },
      h("legend", {}, h("b", { text: name }), h("span", { class: "role", text: role })),
      Array.isArray(value) ? this.#matrix(name, value) : this.#slider(name, value))));
  }

  #slider(name, value) {
    const reach = Math.max(3, Math.abs(value));
    const range = h("input", { type: "range", min: String(-reach), max: String(reach), step: "0.01", "aria-label": `${name}, slider` });
    const exact = h("input", { type: "number", step: "any", "aria-label": name, "data-input": name });
    range.value = exact.value = String(value);
    range.addEventListener("input", () => { exact.value = range.value; this.#change(name, Number(range.value)); });
    exact.addEventListener("input", () => { if (exact.value !== "") { range.value = exact.value; this.#change(name, Number(exact.value)); } });
    return h("div", { class: "slider" }, range, exact);
  }

  #matrix(name, value) {
    const rows = Array.isArray(value[0]) ? value : [value];
    const entries = structuredClone(value);
    return h("div", { class: "matrix" }, ...rows.map((row, i) => h("div", {}, ...row.map((entry, j) => {
      const at = Array.isArray(value[0]) ? `${name}, row ${i + 1}, column ${j + 1}` : `${name}, entry ${j + 1}`;
      const exact = h("input", { type: "number", step: "0.1", "aria-label": at });
      exact.value = String(entry);
      exact.addEventListener("input", () => {
        if (exact.value === "") return;
        if (Array.isArray(value[0])) entries[i][j] = Number(exact.value); else entries[j] = Number(exact.value);
        this.#change(name, entries);
      });
      return exact;
    }))));
  }

  #change(name, value) {
    if (this.program === OWN) this.#rewrite(name, value);
    else this.values = { ...this.values, [name]: value };
    this.load();
  }

  /** Put another number into the user's program, where the old one stands. */
  #rewrite(name, value) {
    const [start, end] = this.spans.get(name);
    const text = Number.isInteger(value) ? value.toFixed(1) : String(value);
    this.editor.value = this.editor.value.slice(0, start) + text + this.editor.value.slice(end);
    const longer = text.length - (end - start);
    for (const span of this.spans.values()) {
      if (span[0] > start) span[0] += longer;
      if (span[1] >= end) span[1] += longer;
    }
  }

  #go(position) {
    if (!this.replay) return;
    this.position = Math.max(0, Math.min(this.last, position));
    this.#draw();
  }

  #draw() {
    const { forward, backward } = this.replay;
    const values = Math.min(this.position, forward.length);
    const passed = this.position - values;
    const ways = waysTo(this.replay, this.chosen);
    const here = this.drawing.show(values, passed, new Set(ways.flat()), this.chosen);
    const step = passed ? backward[passed - 1] : values ? forward[values - 1] : null;
    this.formula.textContent = step ? step.formula : "";
    this.sentence.textContent = step ? step.sentence : "Nothing has been computed yet. Step on: first forward, value by value; then backward, link by link.";
    this.kind.textContent = passed ? (step.kind === "sum" ? "backward: add" : step.kind === "seed" ? "backward: start" : "backward: multiply") : "forward";
    this.kind.className = `kind ${passed ? step.kind : "forward"}`;
    this.scrub.value = String(this.position);
    this.count.textContent = passed ? `backward ${passed} of ${backward.length}` : `forward ${values} of ${forward.length}`;
    this.#mark(step ? this.replay.nodes[step.link === undefined ? step.node : this.replay.links[step.link].to].line : null);
    this.#showWays(ways, passed);
    this.#showTable();
    this.#reveal(here);
    this.#label();
    const values_ = Object.keys(this.values).length ? JSON.stringify(this.values) : null;
    this.saved.hidden = this.bare || this.program === OWN;
    if (this.program === OWN) this.remember({ program: OWN, step: this.position });
    else {
      const state = { program: this.program, activation: this.activation, step: this.position, values: values_ };
      this.remember(state);
      this.saved.href = `/api/saved/backward?${new URLSearchParams({ ...state, values: values_ ?? "{}" })}`;
    }
  }

  #mark(line) {
    for (const element of this.code.children) {
      const here = Number(element.dataset.line) === line;
      element.classList.toggle("now", here);
      if (here) element.setAttribute("aria-current", "step"); else element.removeAttribute("aria-current");
    }
  }

  #showWays(ways, passed) {
    const { nodes, links, value, scalar } = this.replay;
    const node = nodes[this.chosen];
    const title = h("h2", {}, "From ", h("b", { text: nodes[value].name }), " back to ", h("b", { text: node.name }));
    const hint = h("p", { class: "note", text: "Choose another box of the graph to follow it." });
    if (passed < this.replay.backward.length) {
      this.ways.replaceChildren(title, h("p", { class: "note", text: `Finish the backward pass to see the whole product for ${node.name}.` }), hint);
      return;
    }
    const lines = ways.map((way) => this.#line(way));
    const sum = scalar && ways.length > 1 ? h("p", { class: "formula", text: `sum over ${ways.length} ways: ${ways.map((way) => format(product(way, links))).join(" + ").replaceAll("+ −", "− ")} = ${formatValue(node.gradient)}` }) : null;
    const result = h("p", { class: "formula" }, `gradient of ${nodes[value].name} by ${node.name}: `, h("b", { class: "chosen-gradient", "data-value": JSON.stringify(node.gradient), text: formatValue(node.gradient, 8) }));
    const single = h("button", { type: "button", class: "link single", text: this.single ? "Only between variables" : "Every single link",
      onclick: () => { this.single = !this.single; this.#draw(); this.ways.querySelector(".single")?.focus(); } });
    this.ways.replaceChildren(title, ...lines, sum ?? "", result, scalar && node.uses ? single : "", hint);
  }

  /** One way as a product: of factors between variables, or of every single link. */
  #line(way) {
    const { nodes, links, scalar } = this.replay;
    const factors = this.single || !scalar ? way.map((number) => [number]) : factorsOf(this.replay, way);
    const boxes = factors.map((factor) => {
      const [first, last] = [links[factor[0]], links[factor.at(-1)]];
      const name = factor.length === 1 ? first.name : `∂${nodes[first.to].name}/∂${nodes[last.from].name}`;
      const made = factor.map((number) => `${links[number].name} = ${links[number].formula}`).join("\n");
      return h("span", { class: "factor", title: made }, h("small", { text: name }),
        h("b", { text: scalar ? format(product(factor, links)) : first.formula }));
    });
    return h("p", { class: "product" }, ...boxes.flatMap((box, i) => (i ? [h("span", { class: "times", text: "·" }), box] : [box])),
      scalar && way.length ? h("span", { class: "times", text: `= ${format(product(way, links))}` }) : null);
  }

  #showTable() {
    const open = this.table.open;
    const { nodes } = this.replay;
    this.table.replaceChildren(h("summary", { text: "All numbers, as a table" }), h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, ...["name", "formula", "value", "gradient"].map((text) => h("th", { scope: "col", text })))),
      h("tbody", {}, ...nodes.map((node) => h("tr", {}, h("th", { scope: "row", text: node.name }), h("td", { text: node.formula || "given" }),
        h("td", { text: matrix(node.value) }), h("td", { text: matrix(node.gradient) })))))));
    this.table.open = open;
  }

  #reveal(here) {
    if (here === null) return;
    const box = this.drawing.nodes[here].box.getBoundingClientRect();
    const frame = this.figure.getBoundingClientRect();
    if (box.left < frame.left + 8 || box.right > frame.right - 8) {
      this.figure.scrollBy({ left: box.left + box.width / 2 - frame.left - frame.width / 2, behavior: calm() ? "auto" : "smooth" });
    }
  }

  #toggle() {
    if (this.timer) { this.pause(); return; }
    if (!this.replay) return;
    if (this.position >= this.last) this.#go(0);
    this.timer = setInterval(() => {
      this.#go(this.position + 1);
      if (this.position >= this.last) this.pause();
    }, PACE);
    this.#label();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.#label();
  }

  #label() {
    this.playButton.textContent = this.timer ? "Pause" : "Play";
    this.playButton.setAttribute("aria-pressed", String(Boolean(this.timer)));
  }

  #key(event) {
    if (event.target.closest("input, select, textarea, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      event.preventDefault();
      this.pause();
      this.#go(this.position + steps[event.key]);
    }
  }
}

// The user's program stays in this window: a program in an address would be run for somebody who was sent it.
const kept = () => { try { return sessionStorage.getItem("program"); } catch { return null; } };
const keep = (source) => { try { sessionStorage.setItem("program", source); } catch { /* a browser that keeps nothing */ } };

function product(way, links) {
  return way.reduce((so_far, number) => so_far * toNumber(links[number].local), 1);
}

function matrix(value) {
  if (value === null || typeof value !== "object") return format(value, 6);
  if (!value.entries) return formatValue(value);
  const text = (entry) => (Array.isArray(entry) ? `[${entry.map(text).join(", ")}]` : format(entry));
  return text(value.entries);
}
