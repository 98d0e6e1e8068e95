// A report in a file: the data is in the page, and nothing is asked of anybody.

import { ReportView } from "./report.js";

export function show(main, report) {
  const view = new ReportView();
  main.replaceChildren(view.element);
  main.dataset.view = "explain";
  view.take(report);
}
