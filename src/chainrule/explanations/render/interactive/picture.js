// The folded graph: the value on top, the gradient flows down. Width of a link = share, colour and sign = gain.

import { s, shortened } from "./dom.js";
import { arranged } from "./layers.js";
import { gainClass, gainText, shareOf, shareText } from "./words.js";

const JOINT = { width: 148, height: 46 };
const PART = { width: 300, height: 62 };
const FRAME = { side: 14, top: 30, end: 12 };
const EDGE = 14;

/** Draws what is open of a report; `element` is an SVG whose boxes are walked with the arrow keys. */
export class Picture {
  /** @param acts { fold(part), choose(link) } */
  constructor(model, acts) {
    this.model = model;
    this.acts = acts;
    this.element = s("svg", { class: "folded", role: "group", "aria-label": "The graph: the value on top, the inputs below. Arrow keys go from box to box, Enter opens one." });
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  draw(open, chosen) {
    const focused = this.element.contains(this.element.getRootNode().activeElement) ? this.element.getRootNode().activeElement.dataset.box : null;
    this.open = open;
    const { pairs, within } = this.#pairs();
    const whole = this.#placed(null, within);
    this.width = whole.width + 2 * EDGE;
    this.height = whole.height + 2 * EDGE;
    this.boxes = new Map();
    this.frames = [];
    this.routes = new Map();
    this.#settle(whole, EDGE, EDGE);
    const edges = this.#edges(pairs);
    this.element.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.element.replaceChildren(...this.frames, ...edges.map(({ line }) => line), ...edges.map(({ label }) => label), ...[...this.boxes.values()].map(({ box }) => box));
    this.lines = new Map(edges.flatMap(({ links, line, label }) => links.map((link) => [link.index, [line, label]])));
    this.stops = [...this.element.querySelectorAll("[data-box]")].sort((one, other) => one.top - other.top || one.left - other.left);
    const stop = this.stops.find((one) => one.dataset.box === focused) ?? this.stops[0];
    for (const one of this.stops) one.setAttribute("tabindex", one === stop ? "0" : "-1");
    if (focused) stop?.focus({ preventScroll: true });
    this.mark(chosen);
  }

  mark(chosen) {
    for (const one of this.element.querySelectorAll(".now")) one.classList.remove("now");
    if (chosen === null) return;
    for (const one of this.lines.get(chosen.index) ?? []) one.classList.add("now");
    for (const joint of [chosen.from, chosen.to]) this.boxes.get(this.model.shown(joint, this.open))?.box.classList.add("now");
  }

  /** The box that a joint is seen in. */
  boxOf(joint) { return this.boxes.get(this.model.shown(joint, this.open))?.box; }

  /** Links between boxes that are seen, by the two ends; and the same by the part that both ends lie in. */
  #pairs() {
    const pairs = new Map();
    const within = new Map();
    for (const link of this.model.report.links) {
      const [from, to] = [this.model.shown(link.from, this.open), this.model.shown(link.to, this.open)];
      if (from === to) continue;
      const key = `${from} ${to}`;
      if (!pairs.has(key)) {
        const legs = this.#legs(from, to);
        pairs.set(key, { from, to, links: [], legs });
        for (const [container, upper, lower] of legs) {
          if (!within.has(container)) within.set(container, new Map());
          within.get(container).set(`${upper} ${lower}`, [upper, lower]);
        }
      }
      pairs.get(key).links.push(link);
    }
    return { pairs: [...pairs.values()], within };
  }

  /**
   * The way from one box to another as [part, upper, lower]: out of each open part through a gate at its foot, then
   * inside the innermost part that holds both, between what each of them is there or lies in.
   */
  #legs(from, to) {
    const [one, other] = [this.model.chain(from), this.model.chain(to)];
    let depth = 0;
    while (one[depth] === other[depth]) depth++;
    const legs = [];
    for (let inner = one.length - 1; inner > depth; inner--) legs.push([one[inner - 1], one[inner], `gate ${one[inner]}`]);
    legs.push([depth ? one[depth - 1] : null, one[depth], other[depth]]);
    return legs;
  }

  /** A part with all that is seen of it, arranged; positions are its own. */
  #placed(part, within) {
    const inner = this.model.children(part).map((id) => {
      const open = id[0] === "p" && this.open.has(id);
      const size = open ? this.#placed(id, within) : { id, ...(id[0] === "p" ? PART : JOINT) };
      return open ? { ...size, width: Math.max(size.width, 190) + 2 * FRAME.side, height: size.height + FRAME.top + FRAME.end } : size;
    });
    const items = inner.map((one) => ({ id: one.id, width: one.width, height: one.height, rank: this.model.rank(one.id) }));
    const pairs = [...(within.get(part)?.values() ?? [])];
    const gates = new Set(pairs.map(([, lower]) => lower).filter((id) => id.startsWith("gate")));
    for (const id of gates) items.push({ id, width: 14, height: 0, rank: Infinity });
    const { width, height, at, routes } = arranged(items, pairs);
    return { id: part, width, height, content: inner, at, routes };
  }

  #settle({ content, at, routes }, left, top) {
    for (const [key, route] of routes) {
      const gate = at.get(key.slice(key.indexOf(" ") + 1));
      const points = key.includes(" gate ") ? [...route, [gate[0] + 7, gate[1], gate[1]]] : route;
      this.routes.set(key, points.map(([x, upper, lower]) => [left + x, top + upper, top + lower]));
    }
    for (const one of content) {
      const [x, y] = at.get(one.id);
      if (one.content) {
        this.#frame(one, left + x, top + y);
        this.#settle(one, left + x + FRAME.side, top + y + FRAME.top);
      } else this.#box(one, left + x, top + y);
    }
  }

  #frame({ id, width, height }, x, y) {
    const part = this.model.part(id);
    const head = s("g", { class: "frame-head", role: "button", "aria-expanded": "true", "data-box": id, "aria-label": `Fold ${part.title}`, onclick: () => this.acts.fold(id) },
      s("title", { text: `${part.title}: fold it` }),
      s("rect", { x: x + 1, y: y + 1, width: width - 2, height: FRAME.top - 8, rx: 8 }),
      s("text", { x: x + 10, y: y + 16, text: `▾ ${shortened(part.title, Math.floor(width / 7.4))}` }));
    Object.assign(head, { top: y, left: x });
    this.frames.push(s("g", {}, s("rect", { class: "frame", x, y, width, height, rx: 10 }), head));
  }

  #box({ id, width, height }, x, y) {
    const box = id[0] === "p" ? this.#partBox(id) : this.#jointBox(id);
    box.setAttribute("transform", `translate(${x} ${y})`);
    Object.assign(box, { top: y, left: x });
    this.boxes.set(id, { box, x, y, width, height });
  }

  #partBox(id) {
    const part = this.model.part(id);
    const links = this.model.count(id);
    const gain = part.gain === null ? "" : `gain ${gainText(part.gain)} · `;
    const found = this.model.findingsIn(id);
    const label = `${part.title}, ${part.gain === null ? "" : `gain ${gainText(part.gain)}, `}${links} links${found ? `, ${found} findings` : ""}. Folded.`;
    return s("g", { class: `box part ${gainClass(part.gain)}`, role: "button", "aria-expanded": "false", "aria-label": label, "data-box": id, onclick: () => this.acts.fold(id) },
      s("title", { text: `${part.title}: open it` }),
      s("rect", { class: "behind", x: 4, y: 4, width: PART.width, height: PART.height, rx: 10 }),
      s("rect", { width: PART.width, height: PART.height, rx: 10 }),
      s("text", { class: "name", x: 12, y: 22, text: `▸ ${shortened(part.title, found ? 29 : 33)}` }),
      s("text", { class: "under", x: 12, y: 42, text: `${gain}${links} links` }),
      bars(part.gains),
      found ? s("text", { class: "badge", x: PART.width - 10, y: 22, "text-anchor": "end", text: `⚠ ${found}` }) : null);
  }

  #jointBox(id) {
    const joint = this.model.joint(id);
    const shape = joint.shape.length ? ` ${joint.shape.join("×")}` : "";
    const found = this.model.findingsAt(joint.number);
    const label = `${joint.name}, ${joint.leaf ? "an input" : joint.op}${shape}${found ? `, ${found} findings` : ""}`;
    return s("g", { class: `box joint${joint.leaf ? " leaf" : ""}`, role: "button", "aria-label": label, "data-box": id, "data-joint": joint.number, onclick: () => this.#step(joint.number) },
      s("title", { text: joint.expression ? `${joint.name} = ${joint.expression}` : joint.name }),
      s("rect", { width: JOINT.width, height: JOINT.height, rx: joint.leaf ? 20 : 8 }),
      s("text", { class: "name", x: JOINT.width / 2, y: 20, "text-anchor": "middle", text: shortened(joint.name, found ? 14 : 17) }),
      s("text", { class: "under", x: JOINT.width / 2, y: 37, "text-anchor": "middle", text: shortened(`${joint.leaf ? "input" : joint.op}${shape}`, 21) }),
      found ? s("text", { class: "badge", x: JOINT.width - 6, y: 16, "text-anchor": "end", text: "⚠" }) : null);
  }

  /** Choose the first link of a value; the next one each time it is chosen again. */
  #step(number) {
    const links = this.model.linksFrom(number).length ? this.model.linksFrom(number) : this.model.linksTo(number);
    if (!links.length) return;
    const last = links.findIndex((link) => link.index === this.chosen);
    const next = links[(last + 1) % links.length];
    this.chosen = next.index;
    this.acts.choose(next);
  }

  #edges(pairs) {
    const middle = ({ x, width }) => x + width / 2;
    for (const pair of pairs) pair.way = pair.legs.flatMap(([, from, to]) => this.routes.get(`${from} ${to}`) ?? []);
    const leaving = grouped(pairs, (pair) => pair.from, ({ way, to }) => way[0]?.[0] ?? middle(this.boxes.get(to)));
    const entering = grouped(pairs, (pair) => pair.to, ({ way, from }) => way.at(-1)?.[0] ?? middle(this.boxes.get(from)));
    return pairs.map((pair) => {
      const [upper, lower] = [this.boxes.get(pair.from), this.boxes.get(pair.to)];
      const start = [port(upper, leaving.get(pair.from), pair), upper.y + upper.height];
      const end = [port(lower, entering.get(pair.to), pair), lower.y];
      return this.#edge(pair.links, start, pair.way, end);
    });
  }

  #edge(links, start, route, end) {
    const [link] = links;
    const share = links.reduce((sum, one) => sum + (shareOf(one) ?? 0), 0);
    const known = links.some((one) => shareOf(one) !== null);
    const gain = links.length === 1 ? link.gain : null;
    const width = known ? 1.2 + 8 * Math.min(1, Math.abs(share)) : 1.6;
    const said = links.length === 1 ? `${link.name} → ${link.into}: ${link.op}, gain ${gainText(gain)}, share ${shareText(shareOf(link))}` : `${links.length} links, share ${known ? shareText(share) : "unknown"} together`;
    const choose = () => this.acts.choose(link);
    const line = s("path", { class: `link-line ${links.length > 1 || link.size_effect ? "gain-keeps" : gainClass(gain)}`, d: curve(start, route, end), "stroke-width": width.toFixed(2), "data-link": links.length === 1 ? link.index : null, "data-share": known ? share : null, onclick: choose },
      s("title", { text: said }));
    const next = route[0] ?? end;
    const [x, y] = [(start[0] + next[0]) / 2, (start[1] + Math.min(next[1], start[1] + 46)) / 2];
    const text = links.length > 1 ? `${links.length} links` : link.size_effect ? `(${gainText(gain)})` : gainText(gain);
    const wide = 12 + 7 * [...text].length;
    const label = s("g", { class: "link-label", transform: `translate(${x} ${y})`, "aria-hidden": "true", onclick: choose },
      s("rect", { x: -wide / 2, y: -9, width: wide, height: 18, rx: 9 }), s("text", { y: 4, "text-anchor": "middle", text }));
    return { links, line, label };
  }

  #key(event) {
    const at = this.stops.indexOf(event.target.closest("[data-box]"));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const { box } = this.stops[at].dataset;
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.stops.length - 1 };
    if (event.key in moves) this.#focus(Math.max(0, Math.min(this.stops.length - 1, moves[event.key])));
    else if (event.key === "Enter" || event.key === " ") { if (box[0] === "p") this.acts.fold(box); else this.#step(Number(box.slice(1))); }
    else if (event.key === "ArrowRight" && box[0] === "p" && !this.open.has(box)) this.acts.fold(box);
    else if (event.key === "ArrowLeft") { const part = this.open.has(box) ? box : this.model.outer(box); if (part) this.acts.fold(part); }
    else return;
    event.preventDefault();
  }

  #focus(number) {
    for (const one of this.stops) one.setAttribute("tabindex", "-1");
    this.stops[number].setAttribute("tabindex", "0");
    this.stops[number].focus();
  }
}

function grouped(pairs, end, place) {
  const found = new Map();
  for (const pair of pairs) { if (!found.has(end(pair))) found.set(end(pair), []); found.get(end(pair)).push(pair); }
  for (const some of found.values()) some.sort((one, other) => place(one) - place(other));
  return found;
}

/** Links share the side of a box. */
function port({ x, width }, pairs, pair) {
  return x + (width * (pairs.indexOf(pair) + 1)) / (pairs.length + 1);
}

function curve([x0, y0], route, [x1, y1]) {
  let text = `M${x0.toFixed(1)} ${y0.toFixed(1)}`;
  let [x, y] = [x0, y0];
  for (const [px, upper, lower] of [...route, [x1, y1, y1]]) {
    const bend = Math.max(14, (upper - y) / 2);
    text += `C${x.toFixed(1)} ${(y + bend).toFixed(1)} ${px.toFixed(1)} ${(upper - bend).toFixed(1)} ${px.toFixed(1)} ${upper.toFixed(1)}`;
    if (lower > upper) text += `V${lower.toFixed(1)}`;
    [x, y] = [px, lower];
  }
  return text;
}

/** The gains of the repeats of a fold as small bars: up from the line where the gradient grows, down where it shrinks. */
function bars(gains) {
  if (gains.length < 2) return null;
  const shown = gains.length <= 60 ? gains : Array.from({ length: 60 }, (_, i) => gains[Math.floor((i * gains.length) / 60)]);
  const wide = Math.min(6, 105 / shown.length);
  const size = (gain) => (typeof gain === "number" && gain > 0 ? Math.max(-11, Math.min(11, Math.log10(gain) * 11)) : gain === 0 ? -11 : 0);
  const left = PART.width - 12 - shown.length * wide;
  return s("g", { class: "bars", transform: `translate(${left} 40)` }, s("path", { class: "zero", d: `M0 0h${shown.length * wide}` }),
    ...[...shown].reverse().map((gain, i) => {
      const high = size(gain);
      return s("rect", { class: gainClass(gain), x: i * wide, y: high > 0 ? -high : 0, width: Math.max(1, wide - 1), height: Math.max(0.8, Math.abs(high)) });
    }));
}
