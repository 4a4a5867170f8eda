// Records what was done for a student, and shows it where the page lists it.
import { call, ready, refused, told } from "./page.js";

for (const form of document.querySelectorAll("form[data-taken]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = form.nextElementSibling;
    place.textContent = "One moment …";
    try {
      await call("POST", form.dataset.taken, Object.fromEntries(new FormData(form)));
      location.reload();
    } catch (problem) {
      place.replaceChildren(refused(told(problem)));
    }
  });
}

ready("form[data-taken] button");
