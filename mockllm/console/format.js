// Values as text for people. Pure functions.

/** A duration in microseconds: 40 µs, 1.2 ms, 250 ms, 12.3 s. */
export function duration(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 10_000) return `${(us / 1000).toFixed(1)} ms`;
  if (us < 1_000_000) return `${Math.round(us / 1000)} ms`;
  if (us < 60_000_000) return `${(us / 1e6).toFixed(us < 10_000_000 ? 2 : 1)} s`;
  const seconds = Math.round(us / 1e6);
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${(seconds / 3600).toFixed(1)} h`;
}

/** A moment on a time line, in seconds to the millisecond. */
export function moment(us) {
  return (us / 1e6).toFixed(3);
}

/** How late something was; empty if it was not. */
export function lateness(us) {
  return us < 50 ? "" : `+${duration(us)}`;
}

/** So many bytes. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The time of day of a moment in seconds since 1970. */
export function clock(seconds) {
  const date = new Date(seconds * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((it) => String(it).padStart(2, "0")).join(":");
}

/** A number and its noun. */
export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** The bytes of a text, or of base64. */
export function bytesOf(text, encoding) {
  if (encoding !== "base64") return new TextEncoder().encode(text);
  return Uint8Array.from(atob(text), (it) => it.charCodeAt(0));
}

/** A text in which what cannot be seen is told by its escape: pairs of a text and whether it is such an escape. A line
 *  break stays one after its marks. */
export function visible(text, encoding) {
  const shown = encoding === "base64" ? escaped(bytesOf(text, encoding)) : text;
  const parts = [];
  const unseen = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+\n?|\n|(?:\\x[0-9a-f]{2})+/g;
  let from = 0;
  for (const found of shown.matchAll(unseen)) {
    if (found.index > from) parts.push([shown.slice(from, found.index), false]);
    parts.push([[...found[0]].map(mark).join(""), true]);
    from = found.index + found[0].length;
  }
  if (from < shown.length) parts.push([shown.slice(from), false]);
  return parts;
}

const NAMES = { "\r": "\\r", "\n": "\\n\n", "\t": "\\t", "\0": "\\0", "\u001b": "\\e" };

function mark(character) {
  if (NAMES[character]) return NAMES[character];
  const code = character.charCodeAt(0);
  const isSeen = code >= 0x20 && code < 0x7f;
  return isSeen ? character : `\\u${code.toString(16).padStart(4, "0")}`;
}

function escaped(bytes) {
  return Array.from(bytes, (it) => {
    const isSeen = (it >= 0x20 && it < 0x7f) || it === 10 || it === 13 || it === 9;
    return isSeen ? String.fromCharCode(it) : `\\x${it.toString(16).padStart(2, "0")}`;
  }).join("");
}
