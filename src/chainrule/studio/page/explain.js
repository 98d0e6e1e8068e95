// View: reports of explain, opened from disk, or followed while a training writes them.

import { h, problem, row } from "./dom.js";
import { get } from "./api.js";
import { ReportView } from "./report.js";
import { understood } from "./model.js";

const LARGEST = 64 * 2 ** 20;

export function open(main, facts, state, remember) {
  const view = new ExplainView(facts, state, remember);
  main.append(view.element);
  view.start();
  return () => view.close();
}

class ExplainView {
  constructor(facts, state, remember) {
    this.facts = facts;
    this.state = { example: state.get("example"), link: state.get("link") };
    this.remember = remember;
    this.view = new ReportView(({ link }) => { this.state.link = link; this.#remember(); });
    this.#build();
  }

  #build() {
    this.file = h("input", { type: "file", id: "report-file", accept: ".json,.html,.htm", onchange: () => { const [file] = this.file.files; this.file.value = ""; if (file) this.#read(file); } });
    this.example = h("select", { id: "report-example", onchange: () => this.example.value && this.#example(this.example.value) },
      h("option", { value: "", text: "choose one" }), ...Object.entries(this.facts.reports).map(([value, text]) => h("option", { value, text })));
    this.source = h("p", { class: "report-source", role: "status" });
    this.live = h("button", { type: "button", hidden: true, onclick: () => (this.paused ? this.#resume() : this.#pause()) });
    this.error = h("div", {});
    this.welcome = h("section", { class: "panel welcome" },
      h("h1", { text: "Explain" }),
      h("p", { text: "Open a report, or drop its file anywhere on this page. It is read in the browser and sent nowhere." }),
      h("pre", { class: "code printed", tabindex: "0", text: 'chainrule.explain(loss, wrt=w).save("report.json")       # or report.html\nlook = chainrule.watch(params, every=10, save="run.json")  # a training, while it runs\n\nchainrule studio --open run.json' }),
      h("p", { class: "note", text: "The graph is drawn folded: a box for each loop or stack of layers, which opens. The width of a link is its share of the gradient, its colour and sign what it does to the size of the gradient." }));
    this.bar = h("div", { class: "opening" }, row("Open a report", this.file), row("Examples", this.example), this.source, this.live);
    this.view.element.hidden = true;
    this.element = h("div", { class: "explain" }, this.bar, this.error, this.welcome, this.view.element);
    this.element.addEventListener("dragover", (event) => { event.preventDefault(); this.element.classList.add("over"); });
    this.element.addEventListener("dragleave", (event) => { if (event.target === this.element) this.element.classList.remove("over"); });
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.element.classList.remove("over");
      const [file] = event.dataTransfer.files;
      if (file) this.#read(file);
    });
  }

  start() {
    if (this.state.example in this.facts.reports) this.#example(this.state.example, this.state.link);
    else if (this.facts.report) this.#resume();
  }

  #remember() { this.remember({ example: this.state.example, link: this.state.link }); }

  async #example(name, link = null) {
    this.close();
    this.example.value = name;
    this.state = { example: name, link };
    try {
      this.#show(await get(`/api/report/example?name=${encodeURIComponent(name)}`), link === null ? null : Number(link));
      this.source.textContent = "";
    } catch (error) { this.#refuse(error); }
  }

  async #read(file) {
    this.close();
    this.state = { example: null, link: null };
    this.example.value = "";
    try {
      if (file.size > LARGEST) throw Object.assign(new Error(`${file.name} is larger than ${LARGEST / 2 ** 20} MB.`), { advice: "explain a smaller part." });
      this.#show(understood(await file.text()));
      this.source.textContent = file.name;
    } catch (error) { this.#refuse(error); }
  }

  /** Follow the file that the studio was opened with. */
  #resume() {
    this.close();
    this.paused = false;
    this.source.textContent = `Following ${this.facts.report}`;
    this.#label();
    const stream = new EventSource("/api/report");
    this.stream = stream;
    stream.addEventListener("report", (event) => {
      const report = JSON.parse(event.data);
      const first = this.view.element.hidden;
      this.source.textContent = report.history ? `Following ${this.facts.report}, step ${report.history.at(-1).step}` : this.facts.report;
      this.#show(report, first && this.state.link !== null ? Number(this.state.link) : null);
    });
    stream.addEventListener("problem", (event) => {
      const { what, do: advice } = JSON.parse(event.data);
      this.#refuse({ message: what, advice });
    });
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) this.#refuse({ message: "The studio does not answer.", advice: "see whether it still runs in its terminal." });
    });
  }

  #pause() {
    this.close();
    this.paused = true;
    this.source.textContent = `Paused: ${this.facts.report}`;
    this.#label();
  }

  #label() {
    this.live.hidden = !this.facts.report;
    this.live.textContent = this.stream || !this.paused ? "Pause" : "Follow again";
  }

  #show(report, link = null) {
    try {
      this.view.element.hidden = false;
      this.view.take(report, link);
      this.error.replaceChildren();
      this.welcome.hidden = true;
    } catch (error) {
      this.view.element.hidden = true;
      this.#refuse(error.advice ? error : Object.assign(new Error("The report is damaged."), { advice: "save it again." }));
    }
  }

  #refuse(error) { this.error.replaceChildren(problem(error)); }

  close() {
    this.stream?.close();
    this.stream = null;
    this.paused = true;
    this.#label();
  }
}
