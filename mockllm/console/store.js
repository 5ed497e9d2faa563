// What is known of exchanges. Here: their rows by number, and which of them are shown, newest first. Whoever listens is
// told once a frame, however much has changed.

const MOST_ROWS = 10_000;

export class Store {
  constructor() {
    this.rows = new Map();
    this.shown = [];
    this.fits = null;
    this.listeners = [];
    this.waits = false;
  }

  /** Rows that are new or have changed. */
  put(rows) {
    for (const row of rows) this.rows.set(row.number, row);
    this.tell();
  }

  /** How many steps of open exchanges are done. */
  progress(pairs) {
    for (const [number, done] of pairs) {
      const row = this.rows.get(number);
      if (row && row.ending === "open") this.rows.set(number, { ...row, done });
    }
    this.tell();
  }

  clear() {
    this.rows.clear();
    this.tell();
  }

  /** Show only those that fit; all if `fits` is null. */
  filter(fits) {
    this.fits = fits;
    this.tell();
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  tell() {
    if (this.waits) return;
    this.waits = true;
    // A page in the background draws no frames, and its rows must not pile up meanwhile.
    if (document.hidden) setTimeout(() => this.settle(), 250);
    else requestAnimationFrame(() => this.settle());
  }

  settle() {
    this.waits = false;
    let numbers = [...this.rows.keys()];
    if (numbers.some((number, index) => index && number < numbers[index - 1])) {
      numbers.sort((one, other) => one - other);
      this.rows = new Map(numbers.map((number) => [number, this.rows.get(number)]));
    }
    for (const number of numbers.slice(0, Math.max(numbers.length - MOST_ROWS, 0))) this.rows.delete(number);
    numbers = [...this.rows.values()];
    this.shown = (this.fits ? numbers.filter(this.fits) : numbers).reverse();
    for (const listener of this.listeners) listener();
  }
}
