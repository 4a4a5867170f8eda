// Sends one file: whole, with progress, or in parts straight into the store, going on where an earlier try broke off.
// The same way as elt/client.py; the file's name, size and date stand for its hash, which a browser would read it twice for.
import { Refusal, answer, call, lost, pause } from "./page.js";

const PATIENCE = 120000; // how long a store that takes nothing is tried again
const AT_ONCE = 4;
const unreachable = {
  code: "store_unreachable",
  detail: "The store takes no parts of the file from this page.",
  remedy: "The operator should see that the store can be reached from browsers (LAUREL_S3_PUBLIC_ENDPOINT, CORS).",
};
const stopped = { code: "stopped", detail: "You stopped it. What has arrived is kept for a day: choose the same file again and it goes on." };

/** Send the file as the body of one request. Resolves to {status, said}; rejects with Refusal. */
export function sendWhole(method, url, file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded, file.size));
    request.addEventListener("load", () => {
      try {
        resolve({ status: request.status, said: answer(request.status, request.responseText) });
      } catch (refusal) {
        reject(refusal);
      }
    });
    request.addEventListener("error", () => reject(new Refusal(lost())));
    request.addEventListener("abort", () => reject(new Refusal({ code: "stopped", detail: "You stopped it; nothing of it was kept." })));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Send the file in parts, for a purpose ({replaces, dry_run}) or as a new file. Resolves to {status, said} of the completed upload; rejects with Refusal. */
export async function sendInParts(dataset, stated, purpose, file, onProgress, signal) {
  const upload = await begin(dataset, stated, purpose, file);
  for (;;) {
    await sendMissing(upload.links.self, file, onProgress, signal);
    try {
      return await complete(upload, signal);
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || refusal.problem.code !== "parts_missing") throw refusal;
    }
  }
}

/** The upload of this file: the one that was begun earlier, unless that is over. */
async function begin(dataset, stated, purpose, file) {
  const query = new URLSearchParams(stated);
  const name = encodeURIComponent(file.name).slice(-100);
  for (let attempt = 1; attempt < 100; attempt += 1) {
    const key = `page ${dataset} ${Object.values(purpose)} ${file.size} ${file.lastModified} ${query} ${attempt} ${name}`.slice(0, 255);
    const response = await fetch(`/api/v1/datasets/${dataset}/uploads?${query}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify({ filename: file.name, bytes: file.size, ...purpose }),
    });
    const upload = answer(response.status, await response.text());
    if (["open", "completing"].includes(upload.status)) return upload;
  }
  throw new Refusal({ detail: "This file was sent and ended too often.", remedy: "Save it anew and send it again." });
}

async function sendMissing(here, file, onProgress, signal) {
  let state = await call("GET", here);
  let deadline = Date.now() + PATIENCE;
  while (state.missing.length) {
    const before = state.missing_count;
    await sendPage(state.missing, file, file.size - state.missing_bytes, onProgress, signal);
    if (signal.aborted) throw new Refusal(stopped);
    state = await call("GET", here);
    if (state.missing_count < before) deadline = Date.now() + PATIENCE;
    else if (state.missing_count === state.part_count) throw new Refusal(unreachable);
    else if (Date.now() > deadline) throw new Refusal({ ...unreachable, remedy: "Choose the same file again later: it goes on where it was." });
    else await pause(2000);
  }
}

async function sendPage(parts, file, arrived, onProgress, signal) {
  const moving = new Map();
  const waiting = [...parts];
  const tell = () => onProgress(arrived + [...moving.values()].reduce((sum, sent) => sum + sent, 0), file.size);
  const send = async () => {
    while (waiting.length && !signal.aborted) {
      const part = waiting.shift();
      const isThere = await put(part, file.slice(part.offset, part.offset + part.bytes), (sent) => (moving.set(part.number, sent), tell()), signal);
      if (!isThere) moving.delete(part.number);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
}

function put(part, piece, onSent, signal) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", part.url);
    request.upload.addEventListener("progress", (event) => onSent(event.loaded));
    request.addEventListener("loadend", () => resolve(request.status >= 200 && request.status < 300));
    signal.addEventListener("abort", () => request.abort());
    request.send(piece);
  });
}

/** All parts are there. Asks until they are a submission; the call may be repeated, and goes on by itself once it was made. */
async function complete(upload, signal) {
  for (;;) {
    if (signal.aborted) throw new Refusal(stopped);
    const response = await fetch(upload.links.complete, { method: "POST" });
    const said = answer(response.status, await response.text());
    if (response.status !== 202) return { status: response.status, said };
    await pause(1000);
  }
}
