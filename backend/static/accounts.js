// Forms that call the API with what is filled in; a key that it answers is shown once, to be copied.
import { refreshSoon } from "./live.js";
import { call, element, ready, refused, told } from "./page.js";

const place = document.getElementById("answer");

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-url]");
  if (!form) return;
  event.preventDefault();
  const { method, url, shows, then } = form.dataset;
  try {
    const said = await call(method, url, filled(form));
    form.reset();
    if (then) return location.assign(then);
    if (said?.key) show(`${shows}${said.name ? `, ${said.name}` : ""}`, said.key, said.note);
    refreshSoon();
  } catch (problem) {
    place.replaceChildren(refused(told(problem)));
    place.scrollIntoView({ block: "nearest" });
  }
});

/** What is filled in, by name; numbers as numbers, what is empty left out. */
function filled(form) {
  const fields = [...form.elements].filter((field) => field.name && field.value);
  return Object.fromEntries(fields.map((field) => [field.name, field.type === "number" ? field.valueAsNumber : field.value]));
}

function show(whose, key, note) {
  const field = element("input", { id: "new-key", value: key, readOnly: true, size: 54, autocomplete: "off" });
  const copy = element("button", { type: "button", textContent: "Copy" });
  copy.addEventListener("click", async () => {
    field.select();
    await navigator.clipboard?.writeText(key);
    copy.textContent = "Copied";
  });
  place.replaceChildren(
    element("div", { className: "panel" }, element("label", { htmlFor: "new-key", textContent: `${whose}. Keep it now: it is not shown again.` }), element("p", { className: "buttons" }, field, copy), note ? element("p", { textContent: note }) : ""),
  );
  field.focus();
  field.select();
  place.scrollIntoView({ block: "nearest" });
}

ready("form[data-url] button");
