// Lists of any length. Here: only what can be seen is in the page; elements are used again as one scrolls. All rows have
// the height that the style sheet gives as --row. Not here: what a row shows.

const BEYOND = 6;

/** A list in a `scroller`. `make()` gives an empty row, `show(element, item, index)` fills it. */
export class VirtualList {
  constructor(scroller, { make, show }) {
    this.scroller = scroller;
    this.make = make;
    this.show = show;
    this.items = [];
    this.pool = [];
    this.spacer = document.createElement("div");
    this.spacer.className = "spacer";
    this.spacer.setAttribute("role", "presentation");
    scroller.append(this.spacer);
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.measure()).observe(scroller);
    this.height = 30;
  }

  /** Ask the style sheet how high a row is, which depends on the room that there is. */
  measure() {
    this.height = parseFloat(getComputedStyle(this.scroller).getPropertyValue("--row")) || 30;
    this.draw(true);
  }

  /** Show these. With `keep`, what is in view stays where it is although so many came in front of it. */
  put(items, keep = 0) {
    this.items = items;
    const height = this.height;
    this.spacer.style.height = `${items.length * height}px`;
    if (keep && this.scroller.scrollTop > 0) this.scroller.scrollTop += keep * height;
    this.draw(true);
  }

  /** Draw what is in view; with `anew` also the rows that are there already. */
  draw(anew = false) {
    const height = this.height;
    this.spacer.style.height = `${this.items.length * height}px`;
    const first = Math.max(Math.floor(this.scroller.scrollTop / height) - BEYOND, 0);
    const last = Math.min(Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / height) + BEYOND, this.items.length);
    const count = Math.max(last - first, 0);
    while (this.pool.length < count) {
      const element = this.make();
      this.pool.push(element);
      this.spacer.append(element);
    }
    while (this.pool.length > count) this.pool.pop().remove();
    for (let index = first; index < last; index += 1) {
      // An element keeps its item as long as that is in view, so that nothing flickers and little is drawn.
      const element = this.pool[index % count];
      if (!anew && element.item === this.items[index] && element.place === index) continue;
      element.item = this.items[index];
      element.place = index;
      element.style.top = `${index * height}px`;
      this.show(element, element.item, index);
    }
  }

  /** Scroll so far that the item can be seen. */
  reveal(index) {
    const height = this.height;
    const { scrollTop, clientHeight } = this.scroller;
    if (index * height < scrollTop) this.scroller.scrollTop = index * height;
    else if ((index + 1) * height > scrollTop + clientHeight) this.scroller.scrollTop = (index + 1) * height - clientHeight;
    this.draw(true);
  }

  /** How many rows a page has. */
  get page() {
    return Math.max(Math.floor(this.scroller.clientHeight / this.height) - 1, 1);
  }
}

/** Where a key leads in a list of so many, from `index` on (-1 for nowhere); null for a key that leads nowhere. */
export function moved(key, index, count, page) {
  const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -count, End: count };
  if (!(key in steps) || !count) return null;
  return index < 0 ? (key === "End" ? count - 1 : 0) : Math.min(Math.max(index + steps[key], 0), count - 1);
}
