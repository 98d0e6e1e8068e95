// View: a report of explain, or a training that is watched: what is wrong, the folded graph, and every link.

import { h, s, format, toNumber, calm } from "./dom.js";
import { Model } from "./model.js";
import { Outline } from "./outline.js";
import { Picture } from "./picture.js";
import { gainSaid, gainText, localText, placeText, shapeText, shareOf, shareText, summaryText } from "./words.js";

const OPEN_AT_ONCE = 24; // values, up to which nothing is folded at first
const FOUND = 60; // links that a search lists
const ZOOMS = [0.35, 0.5, 0.7, 1, 1.4, 2];

export class ReportView {
  /** @param remember called with the number of the link that is chosen */
  constructor(remember = () => {}) {
    this.remember = remember;
    this.zoom = 1;
    this.open = new Set();
    this.chosen = null;
    this.#build();
  }

  #build() {
    this.title = h("h1", {});
    this.verdict = h("p", { class: "verdict" });
    this.findings = h("ol", { class: "findings" });
    this.notes = h("div", { class: "notes" });
    this.history = h("div", {});
    this.product = h("div", { class: "products" });
    this.figure = h("div", { class: "figure scroll", tabindex: "-1" });
    this.link = h("section", { class: "panel link-panel", "aria-label": "The chosen link", tabindex: "-1" });
    this.tree = h("div", { class: "scroll whole" });
    this.results = h("ul", { class: "results" });
    this.field = h("input", { type: "search", id: "find", autocomplete: "off", spellcheck: "false", oninput: () => this.#find() });
    this.element = h("div", { class: "report" },
      h("section", { class: "panel summary", "aria-label": "What was found" }, this.title, this.verdict, this.findings, this.notes, this.history),
      h("section", { class: "stage", "aria-label": "The graph" }, this.product, this.#tools(), this.figure, this.#legend()),
      h("div", { class: "beside" }, this.link,
        h("section", { class: "panel", "aria-label": "All parts and links" },
          h("h2", { text: "All links" }), h("div", { class: "find" }, h("label", { for: "find", text: "Find" }), this.field), this.results, this.tree)));
  }

  #tools() {
    const button = (text, label, work) => h("button", { type: "button", "aria-label": label, title: label, text, onclick: work });
    return h("div", { class: "tools", role: "group", "aria-label": "The drawing" },
      button("Open all", "Open all parts", () => this.#openAll()), button("Fold all", "Fold all parts", () => this.#show(new Set())),
      button("−", "Smaller", () => this.#scale(-1)), button("+", "Larger", () => this.#scale(1)), button("Fit", "Fit the width", () => this.#fit()));
  }

  #legend() {
    const sample = (kind, text) => h("span", { class: "sample" }, s("svg", { viewBox: "0 0 34 12", width: 34, height: 12, "aria-hidden": "true" }, s("path", { class: `link-line ${kind}`, d: "M1 6H33", "stroke-width": 5 })), text);
    return h("p", { class: "note legend" }, "Width of a link: its share of the gradient. Colour and sign: its gain. ",
      sample("gain-shrinks-2", "▼ shrinks"), sample("gain-keeps", "= keeps"), sample("gain-grows-2", "▲ grows"), sample("gain-nothing", "✕ passes nothing"),
      " A gain in brackets says only that entries are summed, spread or averaged.");
  }

  /** Show a report; what is open and chosen stays where the graph is the same. */
  take(report, link = null) {
    const same = this.model && this.model.report.parts.map(({ title }) => title).join() === report.parts.map(({ title }) => title).join()
      && this.model.report.links.length === report.links.length;
    const kept = same && this.chosen ? report.links[this.chosen.index] : null;
    this.model = new Model(report);
    const acts = { fold: (part) => this.#fold(part), choose: (one) => this.choose(one) };
    this.drawing = new Picture(this.model, acts);
    this.outline = new Outline(this.model, acts);
    this.figure.replaceChildren(this.drawing.element);
    this.tree.replaceChildren(this.outline.element);
    if (!same) this.open = new Set(report.joints.length <= OPEN_AT_ONCE ? this.model.parts.keys() : []);
    this.#said(report);
    this.#paths(report);
    this.chosen = null;
    const first = report.links[link] ?? kept ?? report.links[report.findings[0]?.link] ?? report.links[0] ?? null;
    if (first && link !== null) this.#reach(first);
    this.#show(this.open);
    if (!same) this.#fit(true);
    if (first) this.choose(first, kept !== null || link === null); else this.link.replaceChildren(h("p", { class: "note", text: "There are no links: no path leads from the value to the input." }));
    this.#find();
  }

  #said(report) {
    this.title.textContent = report.headline ?? `∂${report.of}/∂${report.wrt}`;
    this.verdict.textContent = `${report.findings.length ? "⚠" : "✓"} ${report.verdict}`;
    this.verdict.className = `verdict ${report.findings.length ? "bad" : "good"}`;
    this.findings.replaceChildren(...report.findings.map((found) => this.#finding(found)));
    this.findings.hidden = !report.findings.length;
    this.notes.replaceChildren(...[report.sentence, ...report.notes].filter(Boolean).map((text) => h("p", { class: "note", text })));
    this.history.replaceChildren(...(report.history?.length ? chronicle(report.history) : []));
  }

  #finding(found) {
    const { name, file, line } = found.where;
    const place = [name, file ? this.#at(file, line) : ""].filter(Boolean).join(" at ");
    const title = [h("b", { text: found.kind }), place ? ` – ${place}` : ""];
    const jump = found.link === null ? h("span", { class: "finding-title" }, ...title)
      : h("button", { type: "button", class: "jump", onclick: () => this.#jump(found.link) }, ...title);
    const source = found.link === null && file ? this.#program(file, line) : null;
    return h("li", { class: `finding ${found.kind}` }, jump, h("p", { text: found.evidence }), h("p", { class: "repair" }, h("b", { text: "What to do: " }), found.repair), source);
  }

  /** The lesson's product, where the report has it: each factor leads to its links. */
  #paths(report) {
    const paths = (report.paths ?? []).filter((path) => path.factors.length);
    this.product.replaceChildren(...paths.slice(0, 4).map((path) => h("p", { class: "product" },
      ...path.factors.flatMap((factor, i) => [i ? h("span", { class: "times", text: "·" }) : null,
        h("button", { type: "button", class: "factor", title: [factor.symbol, factor.numbers].filter(Boolean).join(" = "), onclick: () => this.#jump(factor.links[0]) },
          h("small", { text: factor.name }), h("b", { text: format(factor.value) }))]),
      h("span", { class: "times", text: `= ${format(path.product)}` }))));
  }

  /** From a finding to its link, and to the line of the program. */
  #jump(index) {
    const link = this.model.report.links[index];
    this.#reach(link);
    this.#show(this.open);
    this.choose(link);
    this.link.focus({ preventScroll: true });
    this.link.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }

  /** Open the parts that hide a link. */
  #reach(link) {
    for (const number of [link.from, link.to]) for (const id of this.model.chain(`j${number}`)) if (id[0] === "p") this.open.add(id);
  }

  choose(link, still = false) {
    this.chosen = link;
    this.drawing.mark(link);
    this.outline.mark(link);
    this.#showLink(link);
    this.remember({ link: link.index });
    if (!still) this.#reveal(link);
  }

  #fold(part) {
    const open = new Set(this.open);
    if (!open.delete(part)) open.add(part);
    this.#show(open);
  }

  #show(open) {
    this.open = open;
    this.drawing.draw(open, this.chosen);
    this.outline.draw(open, this.chosen);
    this.#size();
  }

  #openAll() { this.#show(new Set(this.model.parts.keys())); }

  #scale(by) {
    const at = ZOOMS.findIndex((zoom) => zoom >= this.zoom - 1e-9);
    this.zoom = ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, (at < 0 ? ZOOMS.length - 1 : at) + by))];
    this.#size();
  }

  #fit(onlyWide = false) {
    const wide = this.figure.clientWidth - 16;
    if (wide > 0 && (!onlyWide || this.drawing.width > wide)) this.zoom = Math.max(0.25, Math.min(1.4, wide / this.drawing.width));
    this.#size();
  }

  #size() {
    this.drawing.element.setAttribute("width", Math.round(this.drawing.width * this.zoom));
    this.drawing.element.setAttribute("height", Math.round(this.drawing.height * this.zoom));
  }

  #reveal(link) {
    const box = this.drawing.boxOf(link.from)?.getBoundingClientRect();
    const frame = this.figure.getBoundingClientRect();
    if (!box || (box.top > frame.top && box.bottom < frame.bottom && box.left > frame.left && box.right < frame.right)) return;
    this.figure.scrollBy({ left: box.left + box.width / 2 - frame.left - frame.width / 2, top: box.top - frame.top - frame.height / 3, behavior: calm() ? "auto" : "smooth" });
  }

  #showLink(link) {
    const facts = [
      ["Operation", link.expression && link.expression !== link.name ? `${link.op}: ${link.name} = ${link.expression}` : link.op],
      ["Formula", link.formula || "none is known", "formula"],
      ["Local derivative", localText(link.local), "local"],
      ["Gain", `${gainText(link.gain)} – ${gainSaid(link)}`, "gain"],
      ["Share", shareText(shareOf(link)), "share"],
      ["Gradient", `${summaryText(link.arriving)} arrives; ${summaryText(link.passed)} is passed on`],
      ["Shape", `${shapeText(link.shape)} → ${shapeText(link.into_shape)}`, "shape"],
      ["Value", summaryText(link.value)],
      link.scope ? ["Module", link.scope] : null,
      link.status === "ok" ? null : ["Note", link.status],
    ].filter(Boolean);
    const step = (text, other, label) => h("button", { type: "button", text, "aria-label": label, title: label, disabled: other === null, onclick: () => this.#walk(other) });
    this.link.replaceChildren(
      h("h2", { class: "link-title", "data-link": String(link.index), text: `${link.name} → ${link.into}` }),
      h("div", { class: "tools" }, step("↑ towards the value", this.model.neighbour(link, false), "The next link towards the value"), step("↓ towards the input", this.model.neighbour(link, true), "The next link towards the input")),
      h("dl", { class: "facts" }, ...facts.flatMap(([name, text, kind]) => [h("dt", { text: name }), h("dd", { "data-fact": kind ?? null, text })])),
      link.file ? this.#program(link.file, link.line) : h("p", { class: "note", text: "The line of the program is not known." }));
  }

  #walk(link) {
    this.#reach(link);
    this.#show(this.open);
    this.choose(link);
    this.link.focus({ preventScroll: true });
  }

  #at(file, line) { return placeText(file, line, this.model.report.cells); }

  /** The line of the program, with those around it. */
  #program(file, line) {
    const lines = Object.entries(this.model.report.program?.[file] ?? {}).filter(([number]) => Math.abs(number - line) <= 2);
    return h("figure", { class: "program" }, h("figcaption", { title: file, text: this.#at(file, line) }),
      lines.length ? h("pre", { class: "code", tabindex: "0", role: "group", "aria-label": `Lines around ${this.#at(file, line)}` }, ...lines.map(([number, text]) => {
        const here = Number(number) === line;
        return h("span", { class: `line${here ? " now" : ""}`, "aria-current": here ? "true" : null }, h("span", { class: "number", text: number.padStart(4) }), ` ${text}\n`);
      })) : h("p", { class: "note", text: "The text of the line was not to be had when the report was made." }));
  }

  #find() {
    const found = this.model ? this.model.search(this.field.value, FOUND) : [];
    this.results.hidden = !this.field.value.trim();
    this.results.replaceChildren(...found.slice(0, FOUND).map((link) => h("li", {}, h("button", { type: "button", class: "jump", onclick: () => this.#jump(link.index) }, h("b", { text: `${link.name} → ${link.into}` }), ` ${link.op}, ${gainText(link.gain)}`))),
      found.length > FOUND ? h("li", { class: "note", text: "… and more: type more of it" }) : found.length ? "" : h("li", { class: "note", text: "no link has that" }));
  }
}

/** How a training that is watched has gone: its loss, the size of its gradient, its verdicts. */
function chronicle(history) {
  const last = history.at(-1);
  return [h("h2", {}, "Step ", h("span", { class: "step-now", text: String(last.step) })),
    curveOf(history, "value", "Loss"), curveOf(history, "size", "Size of the gradient"),
    h("details", {}, h("summary", { text: `${history.length} checks` }), h("ol", { class: "checks" }, ...history.slice(-100).reverse().map(({ step, verdict }) => h("li", {}, h("b", { text: `step ${step}` }), ` ${verdict}`))))];
}

function curveOf(history, name, label) {
  const known = history.map((check) => [check.step, check[name] === null ? NaN : toNumber(check[name])]).filter(([, value]) => Number.isFinite(value));
  if (!known.length) return "";
  const positive = known.every(([, value]) => value > 0);
  const scale = (value) => (positive ? Math.log10(value) : value);
  const values = known.map(([, value]) => scale(value));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, end] = [known[0][0], known.at(-1)[0]];
  const at = ([step, value]) => `${(4 + (192 * (step - first)) / (end - first || 1)).toFixed(1)} ${(46 - (40 * (scale(value) - low)) / (high - low || 1)).toFixed(1)}`;
  return h("figure", { class: "trend" }, h("figcaption", { text: `${label}: ${format(known.at(-1)[1])}` }),
    s("svg", { viewBox: "0 0 200 50", class: "trend-line", role: "img", "aria-label": `${label} from ${format(known[0][1])} at step ${first} to ${format(known.at(-1)[1])} at step ${end}`, "data-last": known.at(-1)[1] },
      s("path", { class: "curve", d: known.length > 1 ? `M${known.map(at).join("L")}` : `M4 26h192` })));
}
