"""First and largest contentful paint of each page in Chromium, for an administrator of a running stack.

    eval "$(./start.sh env)"; .run/venv/bin/python -m bench.paints

Each round is a browser profile of its own, so that scripts and styles come anew; the median of the rounds counts.
"""

import os
import shutil
from statistics import median

from playwright.sync_api import Page, sync_playwright

from bench.people_pages import PAGES

ROUNDS = 3
PAINTS = """
() => new Promise(done => {
  let largest = 0;
  const seen = list => { for (const entry of list.getEntries()) largest = entry.startTime; };
  new PerformanceObserver(seen).observe({type: "largest-contentful-paint", buffered: true});
  const first = () => performance.getEntriesByName("first-contentful-paint")[0].startTime;
  setTimeout(() => done([first(), largest]), 1500);
})
"""


def sign_in(page: Page) -> None:
    """As the administrator of the demo."""
    page.goto("/sign-in")
    page.get_by_label("API key").fill(os.environ["LAUREL_ADMIN_KEY"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()


def main() -> None:
    found: dict[str, list[list[float]]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(ROUNDS):
            context = browser.new_context(base_url=os.environ["LAUREL_API_URL"])
            page = context.new_page()
            page.set_default_timeout(60_000)
            sign_in(page)
            for path in (*PAGES["administrator"], "/insights/pass_rate"):
                page.goto(path)
                found.setdefault(path, []).append(page.evaluate(PAINTS))
            context.close()
        browser.close()
    for path, paints in found.items():
        first, largest = (median(values) for values in zip(*paints, strict=True))
        print(f"{path:<24} first {first:>6.0f} ms   largest {largest:>6.0f} ms")
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
