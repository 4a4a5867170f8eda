// Draws the page's charts and keeps them in step with the reader's colour scheme; a changed choice shows at once.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

async function draw(holder) {
  const { spec, light, dark: night } = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
  await vegaEmbed(holder, spec, {
    actions: false,
    ast: true, // interpreted expressions: the page's security policy forbids eval
    config: dark.matches ? night : light,
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  });
  holder.dataset.drawn = dark.matches ? "dark" : "light";
}

for (const holder of document.querySelectorAll("[data-chart]")) {
  draw(holder);
  dark.addEventListener("change", () => draw(holder));
}

for (const form of document.querySelectorAll("form.choices")) {
  form.addEventListener("change", () => form.submit());
}
