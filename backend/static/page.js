// What the pages about data share: calls of the API, its refusals on the page, and small pieces of HTML.

/** An element with properties, attributes (hyphenated or `role`) and children; text is text, never HTML. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A call that was not done; `problem` is the API's own document (RFC 9457). */
export class Refusal extends Error {
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The JSON that a call answers (null where it answers nothing). Throws Refusal with the problem. */
export async function call(method, url, body) {
  const request = { method, headers: {} };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(url, request);
  } catch {
    throw new Refusal(lost());
  }
  return answer(response.status, await response.text());
}

/** What a response says: its JSON, or its problem as a Refusal. */
export function answer(status, text) {
  let said;
  try {
    said = text ? JSON.parse(text) : null;
  } catch {
    said = { detail: `The server answered with status ${status}.`, remedy: "Try again in a minute." };
  }
  if (status >= 400) throw new Refusal({ status, ...said });
  return said;
}

export function lost() {
  return { status: 0, code: "no_answer", detail: "Laurel could not be reached.", remedy: "See whether you are online, then try again." };
}

/** What went wrong, as a problem to be shown. */
export function told(problem) {
  return problem instanceof Refusal ? problem.problem : lost();
}

/** Text in which `code` between backticks is code. */
export function prose(text) {
  return text.split(/`([^`]+)`/).map((piece, number) => (number % 2 ? element("code", { textContent: piece }) : piece));
}

/** A refusal as it is: what was wrong, what is allowed, what to do; `more` comes below. */
export function refused(problem, ...more) {
  const box = element("div", { className: "alert", role: "alert" }, element("p", { className: "wrong" }, ...prose(problem.detail ?? problem.title ?? "This did not work.")));
  const long = (problem.allowed ?? "").length > 160;
  if (problem.allowed && long) box.append(element("details", {}, element("summary", { textContent: "What is allowed" }), element("p", {}, ...prose(problem.allowed))));
  else if (problem.allowed) box.append(element("p", {}, ...prose(problem.allowed)));
  if (problem.remedy && !problem.proposals) box.append(element("p", {}, ...prose(problem.remedy)));
  box.append(...more.filter(Boolean));
  return box;
}

/** Bytes as people read them. */
export function bytes(count) {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) {
    count /= 1000;
    unit += 1;
  }
  return `${unit && count < 10 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

/** Buttons that are disabled until the script behind them is here: now it is. Those that a refresh brings, too. */
export function ready(selector) {
  const enable = () => document.querySelectorAll(selector).forEach((button) => (button.disabled = false));
  enable();
  document.addEventListener("refreshed", enable);
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
