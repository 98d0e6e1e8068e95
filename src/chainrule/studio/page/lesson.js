// View: the lesson on the chain rule. Its formulas come from the server, its examples are live.

import { h, nodes, problem, reachable } from "./dom.js";
import { get, post } from "./api.js";
import { BackwardView } from "./backward.js";
import { Composition } from "./composition.js";
import { Numbers, opened } from "./numbers.js";

export function open(main, facts) {
  const lesson = new Lesson(main, facts);
  lesson.load();
  return () => lesson.close();
}

class Lesson {
  constructor(main, facts) {
    this.facts = facts;
    this.graphs = [];
    this.article = h("article", { class: "lesson" }, h("h1", { text: "The chain rule" }), h("p", { class: "waiting", text: "Fetching the formulas …" }));
    main.append(this.article);
  }

  close() { this.graphs.forEach((graph) => graph.pause()); }

  async load() {
    try {
      this.given = await get("/api/lesson");
    } catch (error) {
      this.article.replaceChildren(problem(error));
      return;
    }
    this.article.replaceChildren(h("h1", { text: "The chain rule" }), this.#aims(), ...this.#sections().map(([id, title, ...content]) =>
      h("section", { "aria-labelledby": id }, h("h2", { id, text: title }), ...content)));
    reachable(this.article);
  }

  #aims() {
    return h("section", { "aria-label": "What this is for" }, h("p", { text: "When you have read this, and moved what moves in it, you can" }),
      h("ul", {}, ...["see the outer and the inner function of a composition, and differentiate it;", "do the same for chains of three functions and more;", "say how a gradient runs backward through a network, and why that is the chain rule over and over."].map((text) => h("li", { text }))));
  }

  /** A formula by its name, in a line of text. */
  #f(name) { return nodes(this.given.formulas[name])[0]; }

  /** A formula on a line of its own. */
  #line(...names) {
    return h("div", { class: "display" }, ...names.map((name) => { const formula = this.#f(name); formula.setAttribute("display", "block"); return formula; }));
  }

  #sections() {
    const f = (name) => this.#f(name);
    const p = (...parts) => h("p", {}, ...parts);
    const live = (text) => h("a", { href: `#derive?${new URLSearchParams({ text })}`, text: "take it apart", "aria-label": `take ${text} apart` });
    return [
      ["composed", "Functions inside functions",
        p("You can differentiate a power, a sine and a root. Most functions that matter are built from these by putting one ", h("b", { text: "inside" }), " another:"),
        h("ul", {},
          h("li", {}, f("power"), ", a polynomial raised to a power (", live("(3x^2+1)^5"), ");"),
          h("li", {}, f("sine"), ", the sine of a polynomial (", live("sin(x^2)"), ");"),
          h("li", {}, f("root"), ", the square root of something (", live("sqrt(1+x^3)"), ").")),
        p("The rules for sums, products and powers stop at the brackets; none of them looks inside."),
        p("Each has the shape ", f("composed"), ": an outer function f, applied last, and an inner function g, applied first. To find the outer one, ask what you would do last if you had to work out the value for one x.")],
      ["the-rule", "The chain rule",
        p("If ", f("composed"), ", then"),
        this.#line("rule"),
        p("In words: differentiate the outside and leave the inside as it is; then multiply by the derivative of the inside. Give the inside a name, ", f("inner"), ", so that ", f("outer"), ", and the rule reads, in Leibniz's notation,"),
        this.#line("leibniz"),
        p("It looks as if du cancelled. These are not fractions, so nothing is cancelled; but the picture is right. A small step dx moves u by du/dx times as much, and that moves y by dy/du times as much again: ", h("b", { text: "slopes along a chain multiply" }), ". Move the slider, and watch the step being stretched twice."),
        this.#derived("sin(x^2)", [-2, 2], 0.8)],
      ["examples", "Three examples",
        p("For each: which is the outer function, which the inner? Decide before you look at the rings."),
        ...[["(3x^2+1)^5", [-1, 1], 0.4], ["sin(x^2)", [-3, 3], 1.2], ["sqrt(1+x^3)", [-1, 3], 1]].map(([text, window, x]) => this.#derived(text, window, x, true)),
        p(h("a", { href: "#derive", text: "Type a function of your own" }), ", or ", h("a", { href: "#practice", text: "practise" }), ".")],
      ["longer", "Chains of three and more",
        p("Nothing stops at two. For ", f("three"), " there are three links, and three factors:"),
        this.#line("three-rule"),
        p("With names for the parts, u for g(h(x)) and v for h(x):"),
        this.#line("three-leibniz"),
        p("Every link contributes one factor. However long the chain is, the derivative of its end by its beginning is ", h("b", { text: "the product of all local derivatives along the way" }), "."),
        this.#derived("sqrt(1+sin(e^(x^2)))", [-1.2, 1.2], 0.5)],
      ["networks", "A network is a chain",
        p("A network of two layers takes numbers x, multiplies them by weights, bends the result, and does the same again:"),
        this.#line("network"),
        p("That is a composition like the others. Training needs to know how the loss L at the far end answers to weights deep inside, and the chain rule says it:"),
        this.#line("network-chain"),
        p("Backpropagation is just this: walk the graph from the output to the inputs, and multiply the local derivatives as you go. Where a value was used more than once, the contributions are added. Backpropagation does not merely use the chain rule; it ", h("b", { text: "is" }), " the chain rule, in an order that works every factor out once. Step through it:"),
        this.#graph("network")],
      ["neuron", "One neuron in full",
        p("A neuron with one weight and one bias, and a squared error:"),
        this.#line("neuron-z", "neuron-a", "neuron-loss"),
        p("From the loss back to the weight there are three links:"),
        this.#line("neuron-chain"),
        h("ul", {},
          h("li", {}, f("factor-loss"), ", by the power rule: ", h("b", { text: "how wrong the answer is" }), ";"),
          h("li", {}, f("factor-sigmoid"), ", the slope of the sigmoid: ", h("b", { text: "how willing the neuron is to move" }), ";"),
          h("li", {}, f("factor-input"), ", since z is linear in w: ", h("b", { text: "how much the input had to say" }), ".")),
        p("Multiplied:"),
        this.#line("neuron-product"),
        p("If any of the three is small, the weight hardly learns. Push w or b far out until the sigmoid is flat, and see which factor is to blame."),
        this.#graph("neuron")],
      ["programs", "The same in two programs",
        p("A framework never works out the formula above. It records every operation on the way forward, and on the way back applies the chain rule at each of them. Here are two programs that do so. Run them with this library, where only the import line is different, and with the framework itself."),
        h("div", { class: "programs" }, ...Object.entries(this.given.programs).map(([name, program]) => this.#program(name, program)))],
    ];
  }

  /** A function with its rings, factors and number lines, at a slider. */
  #derived(text, window, x, small = false) {
    const box = h("div", { class: "live-example", "data-text": text });
    post("/api/derive", { text, window }).then((sent) => {
      const found = opened(sent);
      const composition = new Composition();
      const numbers = new Numbers("", "", (place) => composition.show(place));
      composition.take(found);
      const result = h("p", { class: "display" }, ...nodes(found.result));
      numbers.take(found, found.table.x.findIndex((value) => value >= x), false);
      box.replaceChildren(...(small ? [h("details", {}, h("summary", {}, ...nodes(found.understood), h("span", { class: "sr", text: found.title })), h("div", { class: "pair" }, composition.element, h("div", {}, result, numbers.element)))]
        : [h("div", { class: "pair" }, composition.element, h("div", {}, ...nodes(found.understood), result, numbers.element))]));
      reachable(box);
    }).catch((error) => box.replaceChildren(problem(error)));
    return box;
  }

  #graph(program) {
    const view = new BackwardView(this.facts, new URLSearchParams({ program }), () => {}, true);
    this.graphs.push(view);
    view.load();
    return view.element;
  }

  #program(name, { title, source, theirs, ours, installed }) {
    const lines = source.trimEnd().split("\n").map((line) => {
      if (line !== theirs) return h("span", { class: "line", text: line });
      return h("span", { class: "line now" }, h("del", { text: theirs }), "\n", h("ins", { text: ours }));
    });
    const runner = (label, ours) => {
      const printed = h("output", { class: "printed", "data-run": `${name}-${ours ? "ours" : "theirs"}` });
      const button = h("button", { type: "button", text: label, onclick: async () => {
        printed.textContent = "running …";
        try {
          printed.textContent = (await post("/api/lesson/run", { program: name, ours })).printed;
        } catch (error) {
          printed.replaceChildren(problem(error));
        }
      } });
      return h("p", { class: "run" }, button, " ", printed);
    };
    return h("div", {}, h("h3", { text: title }), h("pre", { class: "code", tabindex: "0", role: "group", "aria-label": `The program for ${title}` }, ...lines),
      runner("Run with chainrule", true),
      installed ? runner(`Run with ${title}`, false) : h("p", { class: "note", text: `${title} is not installed beside this studio.` }));
  }
}
