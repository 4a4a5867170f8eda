// What a version changed, asked for when somebody opens it: counts, the columns, and the first rows.
import { call, element, refused, told } from "./page.js";

const SHOWN = 20;
const WORDS = { new: "new", changed: "changed", removed: "removed", unchanged: "the same" };

document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (details.matches?.("details[data-diff]") && details.open && !details.dataset.asked) {
    details.dataset.asked = "yes";
    show(details.querySelector(".diff"), details.dataset.diff);
  }
}, true);

async function show(place, url) {
  place.replaceChildren("Comparing …");
  try {
    const diff = await call("GET", `${url}${url.includes("?") ? "&" : "?"}limit=${SHOWN}`);
    place.replaceChildren(counts(diff), columns(diff), rows(diff), element("p", {}, element("a", { href: diff.links.csv, download: "", textContent: "All of it as CSV" })));
  } catch (problem) {
    place.replaceChildren(refused(told(problem)));
  }
}

function counts(diff) {
  const said = Object.entries(WORDS).map(([name, word]) => `${diff.counts[name].toLocaleString("en")} ${word}`);
  return element("p", {}, element("strong", { textContent: `Rows: ${said.join(", ")}.` }));
}

function columns(diff) {
  const named = Object.entries(diff.columns);
  return named.length ? element("p", { textContent: `Changed cells: ${named.map(([name, count]) => `${name} (${count.toLocaleString("en")})`).join(", ")}.` }) : "";
}

function rows(diff) {
  if (!diff.changes.length) return "";
  const head = element("tr", {}, ...["What", "Line before", "Line now", "Cells"].map((label) => element("th", { scope: "col", textContent: label })));
  const body = diff.changes.map((one) => element("tr", {}, element("td", { textContent: one.change }), element("td", { textContent: one.line_before ?? "–" }), element("td", { textContent: one.line_after ?? "–" }), element("td", { textContent: cells(one) })));
  return element("div", { className: "scroll", tabIndex: 0 }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
}

function cells(one) {
  const named = Object.entries(one.cells);
  if (one.change === "changed") return named.map(([column, { before, after }]) => `${column}: ${before ?? "(empty)"} → ${after ?? "(empty)"}`).join("; ");
  const side = one.change === "new" ? "after" : "before";
  return named.slice(0, 4).map(([column, values]) => `${column}: ${values[side] ?? "(empty)"}`).join("; ") + (named.length > 4 ? " …" : "");
}
