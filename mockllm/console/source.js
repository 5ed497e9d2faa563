// A scenario's text with what is wrong in its place: each problem below its line, and a mark at its column.

import { h } from "./dom.js";
import { marked } from "./request.js";

/** The text with line numbers; `problems` as the control API tells them. */
export function source(text, problems) {
  const byLine = new Map();
  for (const problem of problems) {
    if (problem.line === null) continue;
    byLine.set(problem.line, [...(byLine.get(problem.line) || []), problem]);
  }
  const lines = text.replace(/\n$/, "").split("\n");
  const last = Math.max(lines.length, ...byLine.keys());
  while (lines.length < last) lines.push("");
  return h("ol", { className: "source", "aria-label": "Source" }, lines.map((line, index) => row(line, index + 1, byLine.get(index + 1) || [])));
}

/** The problems that have no line. */
export function placeless(problems) {
  const told = problems.filter((it) => it.line === null);
  return told.length ? h("ul", { className: "problems", role: "alert" }, told.map((it) => h("li", {}, said(it)))) : null;
}

/** What a problem says, and where inside the document it is. */
export function said(problem) {
  return problem.path ? `${problem.path}: ${problem.message}` : problem.message;
}

function row(line, number, problems) {
  return h("li", { className: problems.length ? "bad" : "", dataset: { line: number } },
    h("span", { className: "at", "aria-hidden": "true" }, number),
    h("code", {}, problems.length ? pointed(line, problems[0].column) : marked(line, "utf-8")),
    problems.map((it) => h("p", { className: "problem", role: "alert" }, `${it.line}:${it.column} ${said(it)}`)));
}

/** The line with a mark under what begins at the column. */
function pointed(line, column) {
  const start = Math.max((column || 1) - 1, 0);
  const word = line.slice(start).match(/^\s*[^\s:,[\]{}]*/)[0] || line.slice(start, start + 1) || " ";
  return [line.slice(0, start), h("mark", {}, word), line.slice(start + word.length)];
}
