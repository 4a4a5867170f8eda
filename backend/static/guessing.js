// To which dataset a file belongs, by its first line. A proposal only: the server checks the header in any case.

const ENOUGH = 0.6;
const plain = (text) => text.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, "");

/** The id of the dataset whose columns the file's first line names, or null where that is not plain. */
export async function guess(file, datasets) {
  const cells = await firstCells(file);
  const scores = datasets
    .map((dataset) => ({ id: dataset.id, score: likeness(cells, new Set(dataset.headers.map(plain))) }))
    .sort((a, b) => b.score - a.score);
  const [best, next] = scores;
  return best && best.score >= ENOUGH && best.score > (next?.score ?? 0) ? best.id : null;
}

/** What is wrong with a file that belongs to no dataset whatever, as a problem; null where one may take it. */
export async function hopeless(file) {
  if (!file.size) return { code: "empty_file", detail: "The file is empty.", remedy: "Send a CSV with a header and at least one line." };
  const head = await beginning(file);
  const isArchive = isPacked(head, ZIP) && /\.zip$/i.test(file.name); // a spreadsheet is packed like one
  if (isArchive || isUtf16(head) || !head.includes(0)) return null;
  return { code: "not_csv", detail: "This is not a CSV file: it is no text.", remedy: "Save or export it as CSV (UTF-8) and send that." };
}

const HEAD_BYTES = 65536;
const GZIP = [0x1f, 0x8b];
const ZIP = [0x50, 0x4b];
const isPacked = (head, signature) => signature.every((byte, place) => head[place] === byte);
const isUtf16 = (head) => (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);

/** The first bytes of a file, unpacked where they are gzip; those of a broken archive as they are. */
async function beginning(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (!isPacked(head, GZIP)) return head;
  const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    return (await reader.read()).value ?? new Uint8Array();
  } catch {
    return head;
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function firstCells(file) {
  const head = await beginning(file);
  const encoding = isUtf16(head) ? (head[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8";
  const [line] = new TextDecoder(encoding).decode(head).trimStart().split(/\r\n|\n|\r/, 1);
  const delimiter = [",", ";", "\t", "|"].reduce((a, b) => (line.split(b).length > line.split(a).length ? b : a));
  return new Set(line.split(delimiter).map(plain).filter(Boolean));
}

/** Common names among all names. */
function likeness(found, wanted) {
  const common = [...wanted].filter((name) => found.has(name)).length;
  return common / (new Set([...found, ...wanted]).size || 1);
}
