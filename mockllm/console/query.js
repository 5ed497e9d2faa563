// Which exchanges somebody wants to see. The words are those of the journal: namespace, rule, outcome and since choose as
// they do there; a few more look at what a row shows, and a word alone is looked for in all of it.

const CHOICES = {
  namespace: (row, value) => row.namespace === value,
  rule: (row, value) => row.rule === value,
  outcome: (row, value) => row.ending === value,
  since: (row, value) => row.number > Number(value),
  status: (row, value) => (/^[1-5]xx$/.test(value) ? String(row.status)[0] === value[0] : String(row.status) === value),
  model: (row, value) => row.model === value,
  method: (row, value) => row.method === value.toUpperCase(),
  fault: (row, value) => row.faults.some((it) => it.includes(value)),
};

/** The keys that a filter knows. */
export const KEYS = Object.keys(CHOICES);

/** What a text chooses: `fits`, a function of a row or null for all of them, and `wrong`, what is wrong with the text. */
export function query(text) {
  const tests = [];
  for (const [, key, quoted, plain, word] of text.matchAll(/([a-z]+)[=:](?:"([^"]*)"?|(\S*))|"?([^\s"]+)"?/gi)) {
    if (word !== undefined) {
      const wanted = word.toLowerCase();
      tests.push((row) => words(row).includes(wanted));
      continue;
    }
    const test = CHOICES[key.toLowerCase()];
    const value = quoted ?? plain;
    if (!test) return { fits: () => false, wrong: `There is no ${key}: use ${KEYS.join(", ")}, or a word.` };
    if (value) tests.push((row) => test(row, value));
  }
  return { fits: tests.length ? (row) => tests.every((it) => it(row)) : null, wrong: "" };
}

/** The value as it stands in a filter. */
export function quoted(value) {
  return /[\s"]/.test(value) || !value ? `"${value}"` : value;
}

function words(row) {
  return [row.method, row.path, row.model, row.namespace, row.rule, row.status, row.ending, row.gate, ...row.faults]
    .filter((it) => it !== null)
    .join(" ")
    .toLowerCase();
}
