// Elements without a library: h(...) for HTML, s(...) for SVG, and numbers as people read them.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.setAttribute("class", value);
    else if (key === "text") element.textContent = value;
    else if (key in element && !(element instanceof SVGElement) && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);
export const s = (tag, properties, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

/** A control on a line with its label. */
export const row = (label, control, ...more) =>
  h("div", { class: "row" }, h("label", { for: control.id, text: label }), control, ...more);

/** The number behind what the server sent: "inf" and "nan" come as text. */
export function toNumber(value) {
  if (typeof value === "number") return value;
  return { inf: Infinity, "-inf": -Infinity }[value] ?? NaN;
}

/** A number in so many digits, with a true minus sign. */
export function format(value, digits = 4) {
  const number = toNumber(value);
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
  if (number === 0) return "0";
  const size = Math.abs(number);
  let text;
  if (size >= 1e5 || size < 1e-4) {
    const [front, power] = number.toExponential(Math.max(0, digits - 2)).split("e");
    text = `${front.replace(/\.?0+$/, "")}e${Number(power)}`;
  } else {
    text = String(Number(number.toPrecision(digits)));
  }
  return text.replace(/^-/, "−");
}

/** A number, or an array by its entries while they are few, else by its size. */
export function formatValue(value, digits = 4) {
  if (value === null || typeof value !== "object") return format(value, digits);
  const shape = value.shape.join("×");
  if (value.entries && value.shape.length === 1 && value.shape[0] <= 3) {
    return `[${value.entries.map((entry) => format(entry, digits === 4 ? 2 : digits)).join(", ")}]`;
  }
  return `${shape}, size ${format(value.norm, 3)}`;
}

/** Cut in the middle, for the narrow places of a drawing. */
export function shortened(text, letters) {
  const all = [...text];
  return all.length <= letters ? text : all.slice(0, letters - 1).join("") + "…";
}

/** Change the text of an element that holds nothing else; nothing is laid out anew where it is the same. */
export function write(element, text) {
  const node = element.firstChild;
  if (node === null) element.append(text);
  else if (node.data !== text) node.data = text;
}

/** Markup that the server made, as nodes. It holds formulas, lists and tables; nothing in it runs. */
export function nodes(markup) {
  return [...new DOMParser().parseFromString(markup, "text/html").body.childNodes].map((node) => document.importNode(node, true));
}

/** What has to be scrolled sideways can be reached by the keyboard. */
export function reachable(element) {
  for (const part of element.querySelectorAll("li, p, .scroll, .display")) {
    if (part.scrollWidth > part.clientWidth + 1) part.setAttribute("tabindex", "0");
  }
}

/** The JSON object in an address; an empty one where there is none. */
export function objectIn(text) {
  try {
    const found = JSON.parse(text ?? "{}");
    return found !== null && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch { return {}; }
}

/** Run when nothing has been asked for a little while, with the latest arguments. */
export function resting(work, milliseconds = 150) {
  let timer = null;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), milliseconds);
  };
}

/** Run at most once a frame, with the latest arguments. */
export function eachFrame(work) {
  let wanted = null;
  return (...args) => {
    if (wanted === null) requestAnimationFrame(() => { const latest = wanted; wanted = null; work(...latest); });
    wanted = args;
  };
}

/** One request at a time; while one is under way only the latest next one is kept. */
export function latest(work) {
  let busy = false;
  let next = null;
  return async function run(...args) {
    if (busy) { next = args; return; }
    busy = true;
    try { await work(...args); } finally {
      busy = false;
      if (next) { const again = next; next = null; run(...again); }
    }
  };
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A message where the view would be, or in a place of its own. */
export function problem(error) {
  return h("div", { class: "problem", role: "alert" }, h("p", { text: error.message }),
    error.advice ? h("p", { class: "advice", text: `What to do: ${error.advice}` }) : null);
}
