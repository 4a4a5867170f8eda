// The places on the page that take files: dropped, chosen, or by keyboard. Each file gets a line that says how it goes.
import { guess, hopeless } from "./guessing.js";
import { refreshSoon } from "./live.js";
import { Refusal, bytes, call, element, refused, told } from "./page.js";
import { sendInParts, sendWhole } from "./sending.js";

const FORMAT_CODES = new Set(["wrong_header", "wrong_encoding", "preamble", "duplicate_header", "blank_header"]);

let sending = 0; // files that would be lost if the page went now

class Place {
  constructor(form) {
    this.form = form;
    this.list = document.getElementById(form.dataset.list);
    this.datasets = JSON.parse(document.getElementById("datasets")?.textContent ?? "[]");
    this.partsAbove = Number(form.dataset.partsAbove ?? Infinity);
    this.mostAtOnce = Number(form.dataset.mostAtOnce ?? Infinity);
    this.queue = Promise.resolve();
    const zone = form.querySelector(".zone");
    const input = form.querySelector("input[type=file]");
    const chosen = () => (this.take([...input.files]), (input.value = ""));
    input.addEventListener("change", chosen);
    for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => (event.preventDefault(), zone.classList.add("over")));
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => (event.preventDefault(), this.take([...event.dataTransfer.files])));
    form.addEventListener("submit", (event) => event.preventDefault());
    if (input.files.length) chosen(); // by somebody faster than this script
  }

  take(files) {
    const asked = this.#asked();
    for (const file of files) {
      const line = new Line(this, file, { ...asked }); // each finds out for itself which data set it is for
      this.list.append(line.item);
      this.queue = this.queue.then(() => line.send()); // one after the other: each has the whole line
    }
  }

  /** What the form says now: formats that are stated, and whether the file is only to be tried. */
  #asked() {
    const fields = new FormData(this.form);
    const stated = {};
    for (const name of ["encoding", "delimiter", "quote"]) if (fields.get(name)) stated[name] = fields.get(name);
    return { stated, dryRun: fields.has("dry_run"), dataset: fields.get("for_dataset") || null };
  }

  asked() {
    return this.#asked();
  }
}

class Line {
  constructor(place, file, asked) {
    Object.assign(this, { place, file, asked, mapping: null });
    this.bar = element("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` });
    this.says = element("p", { className: "says", textContent: "Waits for its turn." });
    this.rest = element("div");
    this.stop = element("button", { type: "button", className: "quiet", textContent: "Stop" });
    this.stop.addEventListener("click", () => this.stopping.abort());
    this.stopping = new AbortController();
    this.item = element("li", {}, element("strong", { textContent: file.name }), " ", element("small", { textContent: bytes(file.size) }), this.bar, this.says, this.rest, this.stop);
  }

  async send() {
    if (this.stopping.signal.aborted) return this.#stoppedInTheQueue();
    this.#under(true);
    this.rest.replaceChildren();
    try {
      const dataset = this.place.form.dataset.url ? null : await this.#dataset();
      if (dataset === undefined) return this.#under(false);
      this.#tell("Sending …");
      this.#arrived(await this.#sent(dataset), dataset);
    } catch (problem) {
      this.#refused(told(problem));
    }
    this.#under(false);
    refreshSoon();
  }

  #stoppedInTheQueue() {
    this.#refused({ code: "stopped", detail: "You stopped it before its turn; nothing of it was sent." });
    this.bar.hidden = this.stop.hidden = true;
  }

  /** The dataset that is chosen, or the one that the header names; undefined where a person must say. */
  async #dataset() {
    const chosen = this.asked.dataset ?? (await guess(this.file, this.place.datasets));
    if (chosen) return (this.asked.dataset = chosen);
    const problem = await hopeless(this.file);
    if (problem) throw new Refusal(problem);
    this.#tell("");
    const choice = element("select", { id: `choice-${crypto.getRandomValues(new Uint32Array(1))[0]}` }, element("option", { value: "", textContent: "Choose …" }));
    for (const dataset of this.place.datasets) choice.append(element("option", { value: dataset.id, textContent: `${dataset.title} (${dataset.id})` }));
    choice.addEventListener("change", () => choice.value && ((this.asked.dataset = choice.value), this.send()));
    this.rest.append(element("div", { className: "alert", role: "alert" }, element("p", {}, element("label", { htmlFor: choice.id, textContent: "The first line of this file fits no data set. Which one is it for? " }), choice)));
    return undefined;
  }

  async #sent(dataset) {
    const progress = (sent, total) => this.#progress(sent, total);
    const { stated, dryRun } = this.asked;
    const { replaces, dataset: own = dataset } = this.place.form.dataset;
    if (own && this.file.size > this.place.partsAbove) {
      if (this.mapping) await this.#remember(own);
      const purpose = { ...(replaces && { replaces }), ...(dryRun && { dry_run: true }) };
      try {
        return await sendInParts(own, stated, purpose, this.file, progress, this.stopping.signal);
      } catch (refusal) {
        if (refusal.problem?.code !== "store_unreachable" || this.file.size > this.place.mostAtOnce) throw refusal;
      } // a store that browsers cannot reach: in one piece, then, without the way to go on
    }
    const query = new URLSearchParams({ filename: this.file.name });
    if (!this.place.form.dataset.plain) for (const [name, value] of Object.entries(stated)) query.set(name, value);
    if (dryRun) query.set("dry_run", "true");
    if (this.mapping) query.set("mapping", JSON.stringify(this.mapping));
    const url = this.place.form.dataset.url ?? `/api/v1/datasets/${dataset}/submissions`;
    return sendWhole(this.place.form.dataset.method ?? "POST", `${url}?${query}`, this.file, progress, this.stopping.signal);
  }

  /** A file in parts carries no mapping with it: it is confirmed beforehand, beside what was confirmed earlier. */
  async #remember(dataset) {
    const url = `/api/v1/datasets/${dataset}/mapping`;
    const { mapping } = await call("GET", url);
    await call("PUT", url, { ...mapping, ...this.mapping });
  }

  #progress(sent, total) {
    this.bar.value = total ? sent / total : 1;
    this.#tell(sent >= total ? "All of it has been sent. Laurel looks at it …" : `${bytes(sent)} of ${bytes(total)} sent.`);
  }

  #arrived({ status, said }, dataset) {
    if (this.asked.dryRun) {
      this.#tell("Nothing is loaded. ");
      this.says.append(element("a", { href: `/data/dry-runs/${said.id}`, textContent: "See what this file would change" }));
      return;
    }
    if (this.place.form.dataset.url && status === 202) return this.#tell("Your corrections are safe. They are being applied; this page shows what becomes of them.");
    const before = status === 200 ? "The same data had been sent before. " : "It is safe with Laurel. ";
    this.#tell(before);
    for (const one of said.submissions ?? [said]) {
      const name = this.place.datasets.find((entry) => entry.id === (one.dataset ?? dataset))?.title;
      this.says.append(element("a", { href: `/data/submissions/${one.id ?? one.submission}`, textContent: name ? `See what becomes of it (${name})` : "See what becomes of it" }), " ");
    }
  }

  #refused(problem) {
    this.#tell(problem.code === "stopped" ? "" : "Not taken.");
    const again = element("button", { type: "button", textContent: "Send it again" });
    again.addEventListener("click", () => {
      this.stopping = new AbortController();
      this.asked = { ...this.place.asked(), dataset: this.asked.dataset };
      this.send();
    });
    const formats = FORMAT_CODES.has(problem.code) && !problem.proposals && this.place.form.querySelector("details.formats");
    if (formats) formats.open = true;
    const hint = formats ? "If the file is right but was read wrongly, say above how it is written (encoding, delimiter). " : null;
    this.rest.replaceChildren(refused(problem, problem.proposals ? this.#proposal(problem) : element("p", {}, hint, again)));
  }

  /** Headers that drifted: one click confirms what they stand for, and sends the file again. */
  #proposal(problem) {
    const yes = element("button", { type: "button", textContent: "Yes, they mean the same: send it" });
    yes.addEventListener("click", () => {
      this.mapping = problem.proposed_mapping;
      this.send();
    });
    const head = element("tr", {}, ...["In your file", "Column of the data set", "Why"].map((label) => element("th", { scope: "col", textContent: label })));
    const rows = problem.proposals.map((one) => element("tr", {}, ...[one.header, one.field, one.ground].map((text) => element("td", { textContent: text }))));
    return element("div", {}, element("p", { textContent: "Do these mean the same? Your answer is remembered for your next files." }), element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)), element("p", {}, yes));
  }

  #tell(text) {
    this.says.textContent = text;
  }

  #under(isSending) {
    sending += isSending ? 1 : -1;
    this.bar.hidden = this.stop.hidden = !isSending;
  }
}

/** Make every form of the page that takes files work; those that a refresh brings, too. */
function furnish() {
  for (const form of document.querySelectorAll("form.drop:not([data-ready])")) {
    form.dataset.ready = "yes";
    new Place(form);
  }
}

furnish();
window.addEventListener("beforeunload", (event) => sending && event.preventDefault());
document.addEventListener("refreshed", furnish);
