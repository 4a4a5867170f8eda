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

async function firstCells(file) {
  const head = new Uint8Array(await file.slice(0, 65536).arrayBuffer());
  const encoding = head[0] === 0xff && head[1] === 0xfe ? "utf-16le" : "utf-8";
  const [line] = new TextDecoder(encoding).decode(head).trimStart().split(/\r\n|\n|\r/, 1);
  const delimiter = [",", ";", "\t", "|"].reduce((a, b) => (line.split(b).length > line.split(a).length ? b : a));
  return new Set(line.split(delimiter).map(plain).filter(Boolean));
}

/** Common names among all names. */
function likeness(found, wanted) {
  const common = [...wanted].filter((name) => found.has(name)).length;
  return common / (new Set([...found, ...wanted]).size || 1);
}
