// Keeps the page's [data-live] regions as they are on the server, without flicker: only what changed is put in its place.
// It asks while something on the page is under way ([data-pending]), ever more seldom, and not while nobody looks.

const QUICK = 1500;
const SLOW = 15000;
let wait = QUICK;
let timer = null;
let asking = false;

/** Ask at once, and often again for a while: something was just done. */
export function refreshSoon() {
  wait = QUICK;
  schedule(0);
}

function schedule(delay) {
  clearTimeout(timer);
  timer = setTimeout(refresh, delay);
}

async function refresh() {
  if (document.hidden || asking) return schedule(QUICK);
  asking = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.redirected || response.status === 401) return location.reload(); // signed out meanwhile
    if (response.ok) exchange(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    // No answer: the next look may have one.
  } finally {
    asking = false;
  }
  if (!document.querySelector("[data-pending]")) return;
  schedule(wait);
  wait = Math.min(wait * 1.3, SLOW);
}

function exchange(fresh) {
  const ids = (page) => [...page.querySelectorAll("[data-live]")].map((region) => region.id).join();
  if (document.querySelector("[data-news]") && ids(fresh) !== ids(document)) return location.reload(); // other parts
  for (const region of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(region.id);
    if (!next || next.innerHTML === (region.asServed ?? region.innerHTML)) continue;
    if (region.contains(document.activeElement) && document.activeElement.matches("input:not([type=file]), textarea, select")) continue;
    const focused = region.contains(document.activeElement) ? document.activeElement.id : null;
    const open = [...region.querySelectorAll("details[open][id]")].map((one) => one.id);
    region.asServed = next.innerHTML;
    region.replaceChildren(...[...next.childNodes].map((node) => document.importNode(node, true)));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    region.dispatchEvent(new CustomEvent("refreshed", { bubbles: true }));
    if (focused) document.getElementById(focused)?.focus();
    wait = QUICK; // where something moves, more may follow
  }
}

for (const region of document.querySelectorAll("[data-live]")) region.asServed = region.innerHTML;
document.addEventListener("visibilitychange", () => document.hidden || refreshSoon());
document.addEventListener("stale", refreshSoon); // follow.js heard that the data changed
if (document.querySelector("[data-pending]")) schedule(wait);
