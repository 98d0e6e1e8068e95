// View: exercises, one question at a time, keyboard first.

import { h, row, nodes, problem, reachable } from "./dom.js";
import { post } from "./api.js";

const KEPT = "practice";

export function open(main, facts, state, remember) {
  const view = new PracticeView(facts.practice, state, remember);
  main.append(view.element);
  view.ask();
  return () => {};
}

class PracticeView {
  constructor(facts, state, remember) {
    this.remember = remember;
    this.topic = facts.topics.includes(state.get("topic")) ? state.get("topic") : "mixed";
    this.difficulty = facts.difficulties.includes(Number(state.get("difficulty"))) ? Number(state.get("difficulty")) : 1;
    this.seed = whole(state.get("seed"));
    this.number = whole(state.get("number")) ?? 1;
    this.done = [];
    this.kept = kept();
    this.clean = true;
    this.#build(facts);
  }

  #build({ topics, difficulties }) {
    const choice = (name, label, values, show = (value) => value) => row(label, h("select", { id: name, onchange: (event) => this.#choose(name, event.target.value) },
      ...values.map((value) => h("option", { value: String(value), text: show(value), selected: String(value) === String(this[name]) }))));
    this.progress = h("div", { class: "progress", id: "progress" });
    this.title = h("p", { class: "note" });
    this.exercise = h("div", { class: "exercise" });
    this.record = h("ol", { class: "record" });
    this.form = h("form", { class: "question", novalidate: true, onsubmit: (event) => { event.preventDefault(); this.#answer(); } });
    this.said = h("div", { class: "reply", role: "status", "aria-live": "polite" });
    this.worked = h("div", { class: "derivation" });
    this.element = h("div", { class: "split" },
      h("section", { class: "panel side", "aria-label": "What is practised" }, h("h1", { text: "Practice" }),
        choice("topic", "Topic", topics), choice("difficulty", "Difficulty", difficulties, (value) => ["", "1, easy", "2, middling", "3, hard"][value]),
        h("p", { class: "note", text: "Enter checks an answer; Enter with nothing typed gives a hint. Any form of a right answer is right." }),
        h("h2", { text: "So far, in this browser" }), this.progress),
      h("section", { class: "panel stage", "aria-label": "The exercise" }, this.title, this.exercise, this.record, this.form, this.said, this.worked));
    this.element.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.found?.question) this.#solution(); });
    this.#showProgress();
  }

  #choose(name, value) {
    this[name] = name === "difficulty" ? Number(value) : value;
    this.number = 1;
    this.seed = null;
    this.ask();
  }

  ask() {
    this.done = [];
    this.clean = true;
    this.record.replaceChildren();
    this.said.replaceChildren();
    this.worked.replaceChildren();
    return this.#send({});
  }

  async #send(more) {
    try {
      const found = await post("/api/practice", { topic: this.topic, difficulty: this.difficulty, seed: this.seed, number: this.number, done: this.done, ...more });
      this.#take(found);
    } catch (error) {
      this.said.replaceChildren(problem(error));
      this.form.querySelector("input")?.focus();
    }
  }

  #take(found) {
    const before = this.found;
    const moved = found.done.length > this.done.length;
    if (moved && before?.question) {
      const last = found.done.at(-1);
      this.record.append(h("li", { class: last ? "right" : "shown" }, h("span", { class: "note", text: before.question.prompts.join("; ") }), " ", h("b", { text: last ? last.join("; ") : found.solution })));
    }
    this.found = found;
    this.done = found.done;
    this.seed = found.seed;
    this.remember({ topic: this.topic, difficulty: this.difficulty, seed: this.seed, number: this.number });
    this.title.textContent = `Exercise ${found.number}, ${found.topic}`;
    this.exercise.replaceChildren(h("h2", { text: "Differentiate by x" }), ...nodes(found.formula), h("span", { class: "sr", text: found.text }));
    this.said.replaceChildren(...this.#reply(found));
    if (!found.question) this.#finish(found);
    else if (moved || !before || !this.form.childElementCount || found.done.length === 0) this.#question(found.question, found.reply && !found.reply.correct);
  }

  #reply({ reply, solution }) {
    if (solution) { this.clean = false; return [h("p", {}, "The solution: ", h("b", { text: solution }))]; }
    if (!reply) return [];
    if (reply.correct) return [h("p", { class: "good", text: reply.message })];
    this.clean = false;
    if (reply.misconception) this.#keep((all) => { all.slips[reply.misconception] = { name: reply.name, times: (all.slips[reply.misconception]?.times ?? 0) + 1 }; });
    return [h("p", { class: "bad" }, h("b", { text: reply.name ? `${reply.name}: ` : "" }), reply.message + "."), reply.hint ? h("p", { class: "note", text: reply.hint }) : ""];
  }

  #question({ prompts, hint }, keep) {
    if (keep && this.form.querySelectorAll("input").length === prompts.length) return;
    this.hint = hint;
    const fields = prompts.map((prompt, i) => {
      const field = h("input", { type: "text", id: `answer-${i}`, autocomplete: "off", spellcheck: "false", autocapitalize: "off" });
      return h("div", { class: "block" }, h("label", { for: field.id, text: prompt }), field);
    });
    this.form.replaceChildren(...fields, h("div", { class: "transport" },
      h("button", { type: "submit", class: "main", text: "Check" }),
      h("button", { type: "button", text: "Hint", onclick: () => this.#showHint() }),
      h("button", { type: "button", text: "Show the solution (Esc)", onclick: () => this.#solution() })));
    this.form.querySelector("input").focus({ preventScroll: true });
  }

  #showHint() {
    this.said.replaceChildren(h("p", { class: "note", text: this.hint }));
    this.form.querySelector("input").focus();
  }

  #answer() {
    const answers = [...this.form.querySelectorAll("input")].map((field) => field.value.trim());
    if (!answers.length) { this.#next(); return; }
    const empty = answers.findIndex((answer) => !answer);
    if (answers.every((answer) => !answer)) this.#showHint();
    else if (empty >= 0) this.form.querySelectorAll("input")[empty].focus();
    else this.#send({ answers });
  }

  #solution() { this.#send({ give_up: true }); }

  #finish(found) {
    this.#keep((all) => { all.asked += 1; all.right += this.clean ? 1 : 0; });
    const next = h("button", { type: "submit", class: "main", text: "Next exercise (Enter)" });
    this.form.replaceChildren(h("div", { class: "transport" }, next));
    this.worked.replaceChildren(...nodes(found.derivation));
    reachable(this.worked);
    next.focus({ preventScroll: true });
  }

  #next() {
    this.number += 1;
    this.form.replaceChildren();
    this.ask();
  }

  #keep(change) {
    change(this.kept);
    try { localStorage.setItem(KEPT, JSON.stringify(this.kept)); } catch { /* a browser that keeps nothing */ }
    this.#showProgress();
  }

  #showProgress() {
    const { asked, right, slips } = this.kept;
    const most = Object.values(slips).sort((a, b) => b.times - a.times).slice(0, 4);
    this.progress.replaceChildren(h("p", { text: asked ? `${right} of ${asked} right at the first try` : "Nothing yet." }),
      most.length ? h("ul", {}, ...most.map(({ name, times }) => h("li", { text: `${name}: ${times} ×` }))) : "");
  }
}

function kept() {
  const fresh = { asked: 0, right: 0, slips: {} };
  try {
    const found = JSON.parse(localStorage.getItem(KEPT));
    return found && typeof found.asked === "number" && typeof found.slips === "object" ? { ...fresh, ...found } : fresh;
  } catch { return fresh; }
}

function whole(text) {
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number >= 0 ? number : null;
}
