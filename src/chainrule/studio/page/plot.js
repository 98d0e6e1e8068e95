// Curves with their gaps and kinks, and number lines on which a wiggle is stretched.

import { s, format, write } from "./dom.js";

const WIDE = 560;
const LEFT = 46;
const RIGHT = 12;

/** From where to where a curve's values are drawn: without the few that run off at a pole. */
export function reach(...columns) {
  const known = columns.flatMap((values) => [...values]).filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (!known.length) return [-1, 1];
  const [low, high] = [0.03, 0.97].map((part) => known[Math.round(part * (known.length - 1))]);
  const [least, most] = [known[0], known.at(-1)];
  const size = high - low || Math.abs(high) || 1;
  const from = Math.max(least, low - 0.6 * size);
  const to = Math.min(most, high + 0.6 * size);
  const air = 0.08 * (to - from || 1);
  return [from - air, to + air];
}

/** Round numbers between two ends, about so many. */
export function ticks(low, high, about = 5) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) found.push(Number((n * step).toPrecision(12)));
  return found;
}

/** One curve over x; `show` moves the point, and the tangent where there is one. */
export class Curve {
  /** @param choose called with the number of the place that was pointed at */
  constructor({ x, y, marks = [], high = 190, label, kind, tangent = false, choose }) {
    Object.assign(this, { x, y, high, tangent });
    const broken = tangent ? ["jump", "pole"] : ["corner", "jump", "pole", "vertical"];
    this.breaks = marks.filter((mark) => broken.includes(mark.kind)).map((mark) => mark.at);
    [this.low, this.top] = reach(y);
    const drawn = [...this.#axes(), ...this.#gaps(), s("path", { class: `curve ${kind}`, d: this.#path() }),
      ...marks.map((mark) => this.#mark(mark))];
    this.line = s("path", { class: "tangent" });
    this.stem = s("path", { class: "stem", d: `M0 8V${high - 22}` });
    this.point = s("circle", { class: `spot ${kind}`, r: 5 });
    this.element = s("svg", { class: "plot", viewBox: `0 0 ${WIDE} ${high}`, role: "img", "aria-label": label }, ...drawn, this.stem, this.line, this.point);
    const pick = (event) => {
      if (event.type === "pointermove" && !event.buttons) return;
      const box = this.element.getBoundingClientRect();
      const share = ((event.clientX - box.left) / box.width * WIDE - LEFT) / (WIDE - LEFT - RIGHT);
      choose(Math.max(0, Math.min(x.length - 1, Math.round(share * (x.length - 1)))));
    };
    this.element.addEventListener("pointerdown", pick);
    this.element.addEventListener("pointermove", pick);
  }

  #px(value) { return LEFT + (value - this.x[0]) / (this.x.at(-1) - this.x[0]) * (WIDE - LEFT - RIGHT); }
  #py(value) { return 8 + (this.top - value) / (this.top - this.low) * (this.high - 30); }

  #axes() {
    const across = ticks(this.x[0], this.x.at(-1), 7).map((value) => s("g", { class: "rule" },
      s("path", { d: `M${this.#px(value)} 8V${this.high - 22}` }), s("text", { x: this.#px(value), y: this.high - 8, "text-anchor": "middle", text: format(value) })));
    const up = ticks(this.low, this.top, 4).map((value) => s("g", { class: value === 0 ? "rule zero" : "rule" },
      s("path", { d: `M${LEFT} ${this.#py(value)}H${WIDE - RIGHT}` }), s("text", { x: LEFT - 5, y: this.#py(value) + 4, "text-anchor": "end", text: format(value, 3) })));
    return [...across, ...up];
  }

  /** Where the function has no value: hatched. */
  #gaps() {
    const gaps = [];
    let start = null;
    this.y.forEach((value, i) => {
      const missing = Number.isNaN(value);
      if (missing && start === null) start = i;
      if (start !== null && (!missing || i === this.y.length - 1)) {
        if (i - start > 1) gaps.push([start, i]);
        start = null;
      }
    });
    return gaps.map(([from, to]) => {
      const [a, b] = [this.#px(this.x[from]), this.#px(this.x[to])];
      let lines = "";
      for (let at = a - this.high; at < b; at += 9) {
        const [left, right] = [Math.max(a, at), Math.min(b, at + this.high - 30)];
        if (left < right) lines += `M${left} ${8 + left - at}L${right} ${8 + right - at}`;
      }
      return s("g", { class: "gap" }, s("title", { text: "no value here" }), s("rect", { x: a, y: 8, width: b - a, height: this.high - 30 }), s("path", { d: lines }));
    });
  }

  #path() {
    const size = this.top - this.low;
    let text = "";
    let before = null;
    this.y.forEach((value, i) => {
      if (Number.isNaN(value)) { before = null; return; }
      if (i && this.breaks.some((at) => this.x[i - 1] < at && at <= this.x[i])) before = null;
      const shown = Math.max(this.low - size, Math.min(this.top + size, value));
      const leap = before !== null && Math.abs(value - before) > 0.7 * size && (value > this.top || value < this.low || before > this.top || before < this.low);
      text += `${before === null || leap ? "M" : "L"}${this.#px(this.x[i]).toFixed(1)} ${this.#py(shown).toFixed(1)}`;
      before = value;
    });
    return text;
  }

  #mark({ at, kind }) {
    const x = this.#px(at);
    const near = this.x.reduce((best, value, i) => (Math.abs(value - at) < Math.abs(this.x[best] - at) && !Number.isNaN(this.y[i]) ? i : best), 0);
    const y = Number.isNaN(this.y[near]) ? 20 : Math.max(16, Math.min(this.high - 30, this.#py(this.y[near])));
    return s("g", { class: "kink" }, s("path", { class: "dash", d: `M${x} 8V${this.high - 22}` }),
      s("path", { d: `M${x} ${y - 6}l6 6-6 6-6-6z` }), s("text", { x: x + 8, y: y - 7, text: kind }));
  }

  show(place, slope) {
    const [x, y] = [this.x[place], this.y[place]];
    const has = !Number.isNaN(y);
    this.stem.setAttribute("transform", `translate(${this.#px(x).toFixed(2)} 0)`);
    this.point.setAttribute("visibility", has ? "visible" : "hidden");
    if (has) this.point.setAttribute("transform", `translate(${this.#px(x).toFixed(2)} ${Math.max(-10, Math.min(this.high + 10, this.#py(y))).toFixed(2)})`);
    const touches = this.tangent && has && !Number.isNaN(slope);
    this.line.setAttribute("visibility", touches ? "visible" : "hidden");
    if (touches) {
      const [a, b] = [this.x[0], this.x.at(-1)];
      this.line.setAttribute("d", `M${this.#px(a)} ${this.#py(y + slope * (a - x))}L${this.#px(b)} ${this.#py(y + slope * (b - x))}`);
    }
  }
}

const MIDDLE = (LEFT + WIDE - RIGHT) / 2;
const HALF = 3; // units on either side of the value on every number line: one scale, so that stretching shows
const UNIT = (WIDE - LEFT - RIGHT) / 2 / HALF;
const TICKS = [-3, -2, -1, 0, 1, 2, 3];

/** x -> u -> y, one line each: the same scale on all of them, and a wiggle dx on the first. */
export class NumberLines {
  /** @param names x first, y last; @param colours class of each; @param step the wiggle dx */
  constructor(names, colours, step) {
    this.step = step;
    this.names = names;
    this.lines = names.map((name, i) => this.#line(name, colours[i], 44 + i * 66));
    this.links = names.slice(1).map((_, i) => s("text", { class: "stretch", x: WIDE - RIGHT, y: 44 + i * 66 + 40, "text-anchor": "end" }));
    this.element = s("svg", { class: "plot lines", viewBox: `0 0 ${WIDE} ${names.length * 66 + 12}`, role: "img", "aria-label": "Number lines" }, ...this.lines.map((line) => line.group), ...this.links);
  }

  /** One line: a strip of ticks that slides under the value in the middle. */
  #line(name, colour, y) {
    const labels = TICKS.map(() => s("text", { y: 17, "text-anchor": "middle" }));
    const ticks_ = TICKS.map((tick, i) => s("g", { transform: `translate(${tick * UNIT} 0)` }, s("path", { d: "M0 -4v8" }), labels[i]));
    const strip = s("g", { class: "rule strip" }, ...ticks_);
    const arrow = s("path", { class: "wiggle" });
    const text = s("text", { class: "said-of", x: LEFT, y: y - 14 });
    const group = s("g", { class: colour }, s("text", { class: "name", x: 6, y: y + 5, text: name }), s("path", { class: "axis", d: `M${LEFT} ${y}H${WIDE - RIGHT}` }),
      strip, arrow, s("circle", { class: "spot", cx: MIDDLE, cy: y, r: 5 }), text);
    return { group, strip, labels, ends: [ticks_[0], ticks_.at(-1)], arrow, text, y, whole: null };
  }

  /** @param values of x, each u, y; @param slopes how much each link stretches, the innermost first */
  show(values, slopes) {
    let size = this.step;
    this.lines.forEach((line, i) => {
      if (i) size *= slopes[i - 1];
      this.#slide(line, values[i]);
      const shown = Number.isNaN(size) ? 0 : Math.max(-HALF, Math.min(HALF, size));
      const long = Math.min(9, Math.abs(shown) * UNIT / 2); // a small wiggle has a small head
      const head = shown === 0 ? "" : `M${MIDDLE + shown * UNIT} ${line.y}l${-long * Math.sign(shown)} ${-long * 0.6}v${long * 1.2}z`;
      line.arrow.setAttribute("d", `M${MIDDLE} ${line.y}H${MIDDLE + shown * UNIT}${head}`);
      const change = Number.isNaN(size) ? "no slope here" : `d${this.names[i]} = ${format(size, 3)}${Math.abs(size) > HALF ? " (off the line)" : ""}`;
      write(line.text, `${this.names[i]} = ${Number.isNaN(values[i]) ? "no value" : format(values[i])},  ${change}`);
      if (i) write(this.links[i - 1], Number.isNaN(slopes[i - 1]) ? "" : `× ${format(slopes[i - 1], 4)} ↓`);
    });
  }

  #slide(line, value) {
    line.strip.setAttribute("visibility", Number.isNaN(value) ? "hidden" : "visible");
    if (Number.isNaN(value)) return;
    const whole = Math.round(value);
    line.strip.setAttribute("transform", `translate(${(MIDDLE + (whole - value) * UNIT).toFixed(2)} ${line.y})`);
    line.ends.forEach((end, i) => end.setAttribute("visibility", (i ? whole - value : value - whole) > 0.02 ? "hidden" : "inherit"));
    if (whole === line.whole) return;
    line.whole = whole;
    line.labels.forEach((label, i) => write(label, format(whole + TICKS[i])));
  }

  /** The same in words, for who does not see it. */
  describe() {
    this.element.setAttribute("aria-label", `Number lines. ${this.lines.map(({ text }) => text.textContent).join("; ")}`);
  }
}
