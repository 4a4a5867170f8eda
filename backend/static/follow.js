// Hears from the server when the data behind the page changed, and has the page refresh itself. Nobody looks: no news.

const holder = document.querySelector("[data-news]");
let source = null;

function listen() {
  if (source || document.hidden) return;
  source = new EventSource(holder.dataset.news);
  source.addEventListener("changed", (event) => {
    const news = new URL(holder.dataset.news, location.href);
    news.searchParams.set("seen", event.data); // where it goes on after the page was hidden
    holder.dataset.news = news.pathname + news.search;
    document.dispatchEvent(new Event("stale"));
  });
}

function pause() {
  source?.close();
  source = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? pause() : listen()));
window.addEventListener("pagehide", pause);
listen();
