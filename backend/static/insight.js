// Draws the page's charts and keeps them in step with the reader's colour scheme and width; a changed choice shows at once.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const narrow = window.matchMedia("(max-width: 48rem)");

async function draw(holder) {
  const { spec, themes } = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
  const scheme = dark.matches ? "dark" : "light";
  await vegaEmbed(holder, spec, {
    actions: false,
    ast: true, // interpreted expressions: the page's security policy forbids eval
    config: themes[narrow.matches ? `${scheme} narrow` : scheme],
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  });
  holder.dataset.drawn = scheme;
}

for (const holder of document.querySelectorAll("[data-chart]")) {
  draw(holder);
  for (const query of [dark, narrow]) query.addEventListener("change", () => draw(holder));
}

for (const form of document.querySelectorAll("form.choices")) {
  form.addEventListener("change", () => form.submit());
}
