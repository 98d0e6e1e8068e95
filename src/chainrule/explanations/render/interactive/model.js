// A report as its parts, values and links: which lies in which, and what is seen when some parts are open.
// A part is called "p3" here, a value "j12".

export const FORMAT = "chainrule report";

/** What is wrong with a file that should be a report. */
export class Unreadable extends Error {
  constructor(what, advice) {
    super(what);
    this.advice = advice;
  }
}

const ADVICE = 'save one as: chainrule.explain(loss, wrt=w).save("report.json"), or ("report.html").';

/** The report in the text of a saved file, JSON or HTML. */
export function understood(text) {
  const page = /<script type="application\/json" id="found">([^<]*)<\/script>/.exec(text);
  let found;
  try {
    found = JSON.parse(page ? page[1] : text);
  } catch {
    throw new Unreadable("This file is not a report of chainrule.", ADVICE);
  }
  if (found?.format !== FORMAT || !["links", "joints", "parts", "findings"].every((name) => Array.isArray(found[name]))) {
    throw new Unreadable("This file is not a report of chainrule.", ADVICE);
  }
  return found;
}

export class Model {
  constructor(report) {
    this.report = report;
    this.joints = new Map(report.joints.map((joint) => [joint.number, joint]));
    this.parts = new Map(report.parts.map((part) => [`p${part.number}`, part]));
    this.inner = new Map([[null, []]]);
    this.ranks = new Map();
    this.chains = new Map();
    this.counts = new Map();
    this.leaving = new Map();
    this.arriving = new Map();
    for (const part of report.parts) this.inner.set(`p${part.number}`, []);
    for (const part of report.parts) this.#placed(`p${part.number}`, part.parent);
    for (const joint of report.joints) {
      const id = `j${joint.number}`;
      this.#placed(id, joint.part);
      for (const outer of this.chain(id)) this.ranks.set(outer, Math.min(this.ranks.get(outer) ?? Infinity, joint.number));
    }
    for (const link of report.links) {
      if (!this.joints.has(link.from) || !this.joints.has(link.to)) throw new Unreadable("The report is damaged: a link leads nowhere.", "save it again.");
      listed(this.leaving, link.from).push(link);
      listed(this.arriving, link.to).push(link);
      for (const outer of this.chain(`j${link.from}`)) this.counts.set(outer, (this.counts.get(outer) ?? 0) + 1);
    }
    for (const children of this.inner.values()) children.sort((one, other) => this.rank(one) - this.rank(other));
    this.found = new Map();
    for (const { link } of report.findings) if (link !== null) this.#mark(report.links[link]);
  }

  #placed(id, parent) {
    const outer = parent === null ? null : `p${parent}`;
    if (!this.inner.has(outer)) throw new Unreadable("The report is damaged: a part lies nowhere.", "save it again.");
    this.inner.get(outer).push(id);
    this.chains.set(id, outer === null ? [id] : [...this.chains.get(outer), id]);
  }

  #mark(link) {
    for (const outer of this.chain(`j${link.from}`)) this.found.set(outer, (this.found.get(outer) ?? 0) + 1);
  }

  part(id) { return this.parts.get(id); }
  joint(id) { return this.joints.get(Number(id.slice(1))); }
  children(id) { return this.inner.get(id); }
  rank(id) { return this.ranks.get(id) ?? Infinity; }
  count(id) { return this.counts.get(id) ?? 0; }
  linksFrom(number) { return this.leaving.get(number) ?? []; }
  linksTo(number) { return this.arriving.get(number) ?? []; }
  findingsIn(id) { return this.found.get(id) ?? 0; }
  findingsAt(number) { return this.found.get(`j${number}`) ?? 0; }

  /** From the outermost part to the box itself. */
  chain(id) { return this.chains.get(id); }

  /** The part that a box lies in, or null. */
  outer(id) { return this.chain(id).at(-2) ?? null; }

  /** The box in which a value is seen: its outermost part that is folded, or its own. */
  shown(number, open) {
    const chain = this.chains.get(`j${number}`);
    return chain.find((id) => id[0] === "p" && !open.has(id)) ?? chain.at(-1);
  }

  /** The links to and from a value that matter most: towards the value that is explained, or towards the inputs. */
  neighbour(link, towardsInputs) {
    const links = towardsInputs ? this.linksFrom(link.to) : this.linksTo(link.from);
    return [...links].sort((one, other) => Math.abs(other.share ?? 0) - Math.abs(one.share ?? 0))[0] ?? null;
  }

  /** Links whose names, operation, formula or line hold every word. */
  search(text, most) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (const link of words.length ? this.report.links : []) {
      const said = `${link.name} → ${link.into} ${link.op} ${link.expression} ${link.formula} ${link.scope} ${link.file ?? ""}:${link.line ?? ""}`.toLowerCase();
      if (words.every((word) => said.includes(word))) found.push(link);
      if (found.length > most) break;
    }
    return found;
  }
}

function listed(map, key) {
  if (!map.has(key)) map.set(key, []);
  return map.get(key);
}
