// Buttons that call the API: each asks once more, in a dialog that says what will happen; then the page shows what is.
import { refreshSoon } from "./live.js";
import { call, element, ready, refused, told } from "./page.js";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog).showModal();
});

document.addEventListener("close", (event) => {
  if (event.target.matches("dialog[data-url]") && event.target.returnValue === "yes") act(event.target.dataset);
  if (event.target.matches("dialog")) event.target.returnValue = "";
}, true);

async function act({ method, url, then }) {
  const place = document.getElementById("answer");
  place.replaceChildren(element("p", { textContent: "One moment …" }));
  try {
    const said = await call(method, url);
    place.replaceChildren();
    const elsewhere = said?.id && !url.includes(said.id);
    if (elsewhere) location.assign(`/data/submissions/${said.id}`);
    else if (then) location.assign(then);
    else refreshSoon();
  } catch (problem) {
    place.replaceChildren(refused(told(problem)));
    place.scrollIntoView({ block: "nearest" });
  }
}

ready("[data-dialog]");
