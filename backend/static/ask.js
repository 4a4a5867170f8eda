// The Ask page: runs a query through the API, ends it when told to, shows its rows, and saves it under a title.
import { Refusal, call, element, ready, refused, told } from "./page.js";

const at = (id) => document.getElementById(id);
const STATES = { running: "running", done: "answered", failed: "not answered", cancelled: "stopped", timed_out: "took too long" };
let running = null; // the id of the query that runs
let columns = []; // of the last answer
let asked = ""; // its SQL

/** A UUID. crypto.randomUUID is for https only. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

async function ask() {
  if (running) return;
  running = newId();
  asked = at("sql").value;
  const started = performance.now();
  under(true);
  at("told").replaceChildren(element("p", { textContent: "Asking …" }));
  at("result").hidden = true;
  try {
    const answer = await call("POST", "/api/v1/ask", { id: running, sql: asked, rows: Number(at("rows").value), seconds: Number(at("seconds").value) });
    at("told").replaceChildren();
    show(answer, (performance.now() - started) / 1000);
  } catch (problem) {
    tell("told", problem);
  }
  running = null;
  under(false);
  history();
}

/** End the question. Pressed before the question has arrived, it is said again while the page waits. */
async function stop() {
  const id = running;
  while (id && running === id) {
    try {
      return await call("DELETE", `/api/v1/ask/${id}`);
    } catch (problem) {
      if (!(problem instanceof Refusal) || problem.problem.status !== 404) return tell("told", problem);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function under(isRunning) {
  at("run").disabled = isRunning;
  at("stop").hidden = !isRunning;
}

function tell(place, problem) {
  const shown = told(problem);
  at(place).replaceChildren(refused(shown));
  if (shown.line && place === "told") point(shown.line, shown.character);
}

/** Put the cursor where Postgres found the error. */
function point(line, character) {
  const lines = at("sql").value.split("\n");
  const offset = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + character - 1;
  at("sql").focus();
  at("sql").setSelectionRange(offset, offset + 1);
}

function show(answer, seconds) {
  columns = answer.columns;
  const count = answer.row_count.toLocaleString("en");
  at("summary").textContent = `${answer.is_cut ? `The first ${count} rows, of more` : `${count} row${answer.row_count === 1 ? "" : "s"}`}, in ${seconds.toFixed(1)} seconds.`;
  at("csv").href = answer.links.csv;
  const numeric = columns.map((column) => ["integer", "number"].includes(column.kind));
  const head = element("tr", {}, ...columns.map((column, number) => element("th", { scope: "col", textContent: column.name, className: numeric[number] ? "n" : "" })));
  const rows = answer.rows.map((row) => element("tr", {}, ...row.map((cell, number) => element("td", { textContent: written(cell), className: numeric[number] ? "n" : "" }))));
  at("answer-table").replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
  at("result").hidden = false;
}

function written(cell) {
  if (cell === null) return "–";
  return typeof cell === "boolean" ? (cell ? "yes" : "no") : String(cell);
}

async function history() {
  const { asked: before } = await call("GET", "/api/v1/ask?limit=15");
  at("history").replaceChildren(
    ...before.map((one) => {
      const take = element("button", { type: "button", className: "quiet", textContent: one.sql.length > 140 ? `${one.sql.slice(0, 140)} …` : one.sql });
      take.addEventListener("click", () => ((at("sql").value = one.sql), at("sql").focus()));
      const rows = one.row_count === null ? "" : `, ${one.row_count.toLocaleString("en")} rows`;
      return element("li", {}, take, " ", element("small", { textContent: `${new Date(one.asked_at).toLocaleString("en")}, ${STATES[one.status]}${rows}` }));
    }),
  );
}

async function save() {
  const chart = at("chart").value ? { kind: at("chart").value, x: at("x").value, y: at("y").value, color: at("color").value || null } : null;
  try {
    const saved = await call("POST", "/api/v1/questions", { title: at("title").value, question: at("question").value, sql: asked, chart });
    location.assign(saved.links.page);
  } catch (problem) {
    tell("save-told", problem);
  }
}

function axes() {
  at("axes").hidden = !at("chart").value;
  const options = () => columns.map((column) => element("option", { value: column.name, textContent: column.name }));
  at("x").replaceChildren(...options());
  at("y").replaceChildren(...options());
  at("color").replaceChildren(element("option", { value: "", textContent: "the same for all" }), ...options());
  const number = columns.find((column) => ["integer", "number"].includes(column.kind));
  if (number) at("y").value = number.name;
}

at("asking").addEventListener("submit", (event) => (event.preventDefault(), ask()));
at("sql").addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && (event.preventDefault(), ask()));
at("stop").addEventListener("click", stop);
at("saving").addEventListener("submit", (event) => (event.preventDefault(), save()));
at("save-no").addEventListener("click", () => at("save").close());
at("chart").addEventListener("change", axes);
ready("#run");
history().catch((problem) => tell("told", problem));
