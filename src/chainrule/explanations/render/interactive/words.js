// Gains, shares and sizes as people read them. A sign stands beside every number, so colour is never alone.

import { format, toNumber } from "./dom.js";

/** The share of a link as a number, or null where it is not known. */
export function shareOf(link) { return link.share === null ? null : toNumber(link.share); }

/** ▼ where the gradient shrinks, ▲ where it grows, = where it keeps its size. */
export function gainText(gain) {
  if (gain === null) return "?";
  const number = toNumber(gain);
  if (number === 0) return "✕ 0";
  const sign = number > 1.005 ? "▲" : number < 0.995 ? "▼" : "=";
  return `${sign} ${format(number, 3)}`;
}

/** A class for each of seven strengths, and for links that pass nothing. */
export function gainClass(gain) {
  const number = gain === null ? NaN : toNumber(gain);
  if (Number.isNaN(number)) return "gain-unknown";
  if (number === 0) return "gain-nothing";
  const strengths = [[0.01, "shrinks-3"], [0.1, "shrinks-2"], [0.9, "shrinks-1"], [1.1, "keeps"], [10, "grows-1"], [100, "grows-2"]];
  return `gain-${strengths.find(([most]) => number < most)?.[1] ?? "grows-3"}`;
}

/** The gain in a sentence. */
export function gainSaid(link) {
  if (link.gain === null) return "not known: nothing arrives here, or it was not seen";
  const number = toNumber(link.gain);
  if (link.size_effect) return `${format(number, 4)}: entries are summed, spread or averaged, which changes the size only`;
  if (number === 0) return "0: nothing passes";
  if (!Number.isFinite(number)) return `${format(number)}: what passes is not finite`;
  if (number > 0.995 && number < 1.005) return `${format(number, 4)}: the gradient keeps its size`;
  return number < 1 ? `${format(number, 4)}: the gradient shrinks to this part of its size` : `${format(number, 4)}: the gradient grows by this factor`;
}

export function shareText(share) { return share === null ? "unknown" : `${format(share * 100, 3)} %`; }

export function shapeText(shape) { return shape.length ? shape.join(" × ") : "one number"; }

/** A summary of an array in a few words. */
export function summaryText(summary) {
  if (summary === null) return "not kept";
  if (!summary.shape.length) return format(summary.most, 8);
  const bad = summary.finite ? "" : `, not finite at [${(summary.first_bad ?? []).join(", ")}]`;
  return `size ${format(summary.norm)}, from ${format(summary.least)} to ${format(summary.most)}${summary.zeros ? `, ${format(summary.zeros * 100, 3)} % zeros` : ""}${bad}`;
}

/** The local derivative: a number, what is known of its entries, or nothing. */
export function localText(local) {
  if (local === null) return "a matrix: see the formula";
  if (typeof local !== "object") return format(local, 8);
  if ("real" in local) return `${format(local.real, 6)} + ${format(local.imag, 6)}i`;
  const parts = [`mean size ${format(local.mean)}`, `largest ${format(local.most)}`];
  if (local.zero) parts.push(`0 at ${format(local.zero * 100, 3)} % of the entries`);
  if (local.small) parts.push(`on the flat part at ${format(local.small * 100, 3)} %`);
  if (local.dead) parts.push(`${format(local.dead * 100, 3)} % of the units are dead`);
  return parts.join(", ");
}

/** A cell of a notebook and its line, or the end of a file's path with the line. */
export function placeText(file, line, cells) {
  return cells && file in cells ? `cell ${cells[file]}, line ${line}` : `${file.split(/[\\/]/).at(-1)}:${line}`;
}
