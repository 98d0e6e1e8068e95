// The computation graph: boxes with value and gradient, links with their local derivatives.

import { s, format, formatValue, shortened } from "./dom.js";

const BOX = { width: 98, height: 60 };
const PITCH = { column: 172, row: 84 };
const EDGE = 12;
const LEAST = 0.8; // how far a wide drawing may shrink before it scrolls

/** Draws a replay once; `show` then says which part of it is visible. */
export class GraphDrawing {
  /** @param choose called with the number of a node that was clicked */
  constructor(replay, choose) {
    this.replay = replay;
    const columns = Math.max(...replay.nodes.map((node) => node.column)) + 1;
    const rows = replay.nodes.map((node) => node.row);
    const routed = replay.links.flatMap((link) => link.route.map(([, row]) => row));
    this.top = Math.min(...rows, ...routed);
    this.width = (columns - 1) * PITCH.column + BOX.width + 2 * EDGE;
    this.height = (Math.max(...rows, ...routed) - this.top) * PITCH.row + BOX.height + 2 * EDGE;
    this.nodes = replay.nodes.map((node, number) => this.#box(node, number, choose));
    this.links = replay.links.map((link) => this.#link(link));
    this.element = s("svg", {
      class: "graph", viewBox: `0 0 ${this.width} ${this.height}`, width: this.width, height: this.height,
      role: "group", "aria-label": "The computation graph, from the inputs on the left to the loss on the right",
    },
    s("defs", {}, arrow("arrow"), arrow("arrow-back")),
    ...this.links.map((link) => link.path), ...this.links.map((link) => link.label), ...this.nodes.map((node) => node.box));
    this.element.style.minWidth = `${Math.round(this.width * LEAST)}px`;
  }

  #x(column) { return EDGE + column * PITCH.column; }
  #y(row) { return EDGE + (row - this.top) * PITCH.row + BOX.height / 2; }

  #box(node, number, choose) {
    const [x, y] = [this.#x(node.column), this.#y(node.row) - BOX.height / 2];
    const value = s("text", { class: "value", x: BOX.width / 2, y: 36, "text-anchor": "middle" });
    const gradient = s("text", { class: "gradient", x: BOX.width / 2, y: 52, "text-anchor": "middle" });
    const box = s("g", {
      class: `node${node.op ? "" : " leaf"}`, transform: `translate(${x} ${y})`, tabindex: "0", role: "button",
      "data-node": node.name,
      onclick: () => choose(number),
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(number); }
      },
    },
    s("title", { text: node.formula && node.formula !== node.name ? `${node.name} = ${node.formula}` : node.name }),
    s("rect", { width: BOX.width, height: BOX.height, rx: node.op ? 8 : 22 }),
    s("text", { class: "name", x: BOX.width / 2, y: 19, "text-anchor": "middle", text: shortened(node.name, 13) }),
    value, gradient);
    return { box, value, gradient };
  }

  #link(link) {
    const [from, to] = [this.replay.nodes[link.from], this.replay.nodes[link.to]];
    const points = [[this.#x(from.column) + BOX.width, this.#y(from.row)],
      ...link.route.map(([column, row]) => [this.#x(column) + BOX.width / 2, this.#y(row)]),
      [this.#x(to.column), this.#y(to.row) + this.#slot(link)]];
    const path = s("path", { class: "link", d: curve(points), "data-link": link.name });
    const [last, end] = points.slice(-2);
    const [x, y] = [last[0] * 0.45 + end[0] * 0.55, last[1] * 0.4 + end[1] * 0.6];
    const text = link.local === null ? shortened(link.formula, 11) : `×${format(link.local, 3)}`;
    const width = 10 + 7.2 * [...text].length;
    const label = s("g", { class: "local", transform: `translate(${x} ${y})` },
      s("title", { text: `${link.name} = ${link.formula}` }),
      s("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }),
      s("text", { "text-anchor": "middle", y: 4, text }));
    return { path, label };
  }

  /** Links into one box end at different heights. */
  #slot(link) {
    const into = this.replay.links.filter((other) => other.to === link.to);
    const ordered = [...into].sort((one, other) => this.#before(one) - this.#before(other));
    return (ordered.indexOf(link) - (into.length - 1) / 2) * 18;
  }

  #before(link) { return link.route.length ? link.route.at(-1)[1] : this.replay.nodes[link.from].row; }

  /**
   * @param values how many forward steps have been made
   * @param passed how many backward steps
   * @param marked a Set of numbers of links that lie on the chosen node's paths
   */
  show(values, passed, marked, chosen) {
    const { nodes, forward, backward } = this.replay;
    const known = new Set(forward.slice(0, values).map((step) => step.node));
    const totals = new Map();
    const crossed = new Set();
    for (const step of backward.slice(0, passed)) {
      totals.set(step.node, step.total);
      if (step.link !== undefined) crossed.add(step.link);
    }
    const now = passed ? backward[passed - 1] : null;
    const here = passed ? now.node : values ? forward[values - 1].node : null;
    nodes.forEach((node, number) => {
      const drawn = this.nodes[number];
      const value = known.has(number) ? formatValue(node.value) : "";
      const total = totals.get(number);
      drawn.value.textContent = shortened(value, 15);
      drawn.gradient.textContent = total === undefined ? "" : shortened(`∂ ${formatValue(total)}`, 16);
      drawn.box.setAttribute("aria-label", [node.name, value && `value ${value}`,
        total !== undefined && `gradient ${formatValue(total)}`].filter(Boolean).join(", "));
      toggle(drawn.box, { known: known.has(number), reached: total !== undefined, now: number === here, chosen: number === chosen });
      drawn.box.dataset.value = value === "" ? "" : JSON.stringify(node.value);
      drawn.box.dataset.gradient = total === undefined ? "" : JSON.stringify(total);
    });
    this.replay.links.forEach((link, number) => {
      const state = { crossed: crossed.has(number), now: now?.link === number, marked: marked.has(number) };
      toggle(this.links[number].path, state);
      toggle(this.links[number].label, state);
    });
    return here;
  }
}

function toggle(element, states) {
  for (const [name, on] of Object.entries(states)) element.classList.toggle(name, on);
}

function arrow(id) {
  return s("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 11, markerHeight: 11, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
    s("path", { d: "M0 0 8 4 0 8z" }));
}

function curve(points) {
  let text = `M${points[0]}`;
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const bend = Math.max(24, (x1 - x0) / 2);
    text += `C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
  }
  return text;
}

/** The links of a way as factors between variables of the program: lists of numbers of links. */
export function factorsOf(replay, way) {
  const factors = [[]];
  for (const number of way) {
    factors.at(-1).push(number);
    if (replay.nodes[replay.links[number].from].variable) factors.push([]);
  }
  return factors.filter((factor) => factor.length);
}

/** All ways from a node to the value, each a list of numbers of links, the value first; at most `most`. */
export function waysTo(replay, node, most = 12) {
  const into = replay.links.map((link, number) => [link, number]);
  const ways = [];
  const stack = [[node, []]];
  while (stack.length && ways.length < most) {
    const [at, links] = stack.pop();
    if (at === replay.value) { ways.push(links); continue; }
    for (const [link, number] of into) if (link.from === at) stack.push([link.to, [number, ...links]]);
  }
  return ways;
}
