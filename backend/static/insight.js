// Draws the page's charts and keeps them in step with the reader's colour scheme and width, and with new data; a changed
// choice shows at once.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const narrow = window.matchMedia("(max-width: 48rem)");

// The new drawing is made out of sight and takes the old one's place when it is whole: nothing flickers.
async function draw(name) {
  const holder = document.querySelector(`[data-chart="${name}"]:not(.offstage)`);
  const { spec, themes } = JSON.parse(document.getElementById(name).textContent);
  const scheme = dark.matches ? "dark" : "light";
  const next = holder.cloneNode(false);
  next.removeAttribute("id");
  next.classList.add("offstage");
  holder.after(next);
  await vegaEmbed(next, spec, {
    actions: false,
    ast: true, // interpreted expressions: the page's security policy forbids eval
    config: themes[narrow.matches ? `${scheme} narrow` : scheme],
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  });
  const id = holder.id;
  holder.remove();
  next.id = id;
  next.classList.remove("offstage");
  next.dataset.drawn = scheme;
}

const drawing = new Map();

// One after the other, so that the last one asked for is the one that stays.
function redraw(name) {
  const last = drawing.get(name) ?? Promise.resolve();
  drawing.set(name, last.catch(() => {}).then(() => draw(name))); // one that failed keeps no later one from it
}

const charts = [...document.querySelectorAll("[data-chart]")].map((holder) => holder.dataset.chart);
charts.forEach(redraw);
for (const query of [dark, narrow]) query.addEventListener("change", () => charts.forEach(redraw));
document.addEventListener("refreshed", (event) => {
  for (const data of event.target.querySelectorAll("script[type='application/json']")) redraw(data.id);
});

for (const form of document.querySelectorAll("form.choices[method=get]")) {
  form.addEventListener("change", () => form.submit());
}
