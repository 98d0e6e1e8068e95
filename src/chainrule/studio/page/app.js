// The frame: which view is shown (it is in the address), and light or dark.

import { h, problem } from "./dom.js";
import { get } from "./api.js";

const VIEWS = {
  lesson: ["The lesson", () => import("./lesson.js")],
  derive: ["Derive", () => import("./derive.js")],
  backward: ["Backpropagation", () => import("./backward.js")],
  practice: ["Practice", () => import("./practice.js")],
  train: ["Train", () => import("./train.js")],
  explain: ["Explain", () => import("./explain.js")],
};
const FIRST = "derive";
const main = document.getElementById("main");
const start = get("/api/start");
let close = null;
let known = ""; // the address that is shown
let turn = 0; // of the view: an earlier one may still be at work, and is not listened to

/** The view and its state, from the address after #: `train?depth=3`. */
function address() {
  const [name, query = ""] = location.hash.slice(1).split("?");
  return [name in VIEWS ? name : FIRST, new URLSearchParams(query)];
}

/** Keep the state of the view in the address, so that it can be sent to somebody; unless another was just asked for. */
function remember(name, state) {
  if (location.hash !== known) return;
  const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value !== null && value !== ""));
  history.replaceState(null, "", `#${name}?${query}`);
  known = location.hash;
}

async function show() {
  const [name, state] = address();
  const mine = ++turn;
  known = location.hash;
  for (const link of document.querySelectorAll("#views a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${VIEWS[name][0]} – chainrule studio`;
  try {
    const [module, facts] = await Promise.all([VIEWS[name][1](), start]);
    if (turn !== mine) return;
    close?.();
    main.replaceChildren();
    close = module.open(main, facts, state, (changed) => turn === mine && remember(name, changed));
    main.dataset.view = name;
  } catch (error) {
    main.replaceChildren(problem(error));
  }
}

function theme() {
  const kinds = ["system", "light", "dark"];
  const button = document.getElementById("theme");
  let kind = kinds.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "system";
  const apply = () => {
    document.documentElement.dataset.theme = kind;
    button.textContent = { system: "◐ system", light: "☀ light", dark: "☾ dark" }[kind];
    button.setAttribute("aria-label", `Colours: ${kind}. Change.`);
    document.dispatchEvent(new Event("recolour"));
  };
  button.addEventListener("click", () => {
    kind = kinds[(kinds.indexOf(kind) + 1) % kinds.length];
    localStorage.setItem("theme", kind);
    apply();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  apply();
}

document.getElementById("views").append(...Object.entries(VIEWS).map(([name, [title]]) =>
  h("a", { href: `#${name}`, "data-view": name, text: title })));
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
addEventListener("hashchange", show);
theme();
show();
