// Shows the contract of the dataset that is chosen: what its columns are, an example file, the whole contract.
import { call, element } from "./page.js";

const choice = document.getElementById("chosen");
const place = document.getElementById("contract");

async function show() {
  place.replaceChildren();
  if (!choice.value) return;
  const wanted = choice.value;
  const dataset = await call("GET", `/api/v1/datasets/${wanted}`);
  if (choice.value !== wanted) return; // another one was chosen meanwhile
  const rows = dataset.schema.fields.map((field) =>
    element("tr", {}, element("th", { scope: "row", textContent: field.name }), element("td", { textContent: field.type }), element("td", { textContent: field.constraints?.required ? "must be filled" : "may be empty" }), element("td", { textContent: field.description })),
  );
  const head = element("tr", {}, ...["Column", "Type", "Empty cells", "Meaning"].map((label) => element("th", { scope: "col", textContent: label })));
  place.append(
    element("p", { textContent: dataset.description }),
    element("p", {}, element("a", { href: dataset.links.example, download: "", textContent: "Download an example file" }), " · ", element("a", { href: `/datasets/${wanted}`, textContent: "The whole contract" })),
    element("details", {}, element("summary", { textContent: `Its ${dataset.columns} columns` }), element("div", { className: "scroll" }, element("table", { className: "rows" }, element("thead", {}, head), element("tbody", {}, ...rows)))),
  );
}

choice.addEventListener("change", () => show().catch((refusal) => place.replaceChildren(refusal.message)));
if (choice.value) show();
