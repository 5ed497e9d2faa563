// Elements. Here: making them and filling them. Whatever comes from the server becomes text here, never markup: the page's
// policy forbids markup from strings altogether.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties and children; a child that is no node is text, null and false are nothing. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  set(element, properties);
  element.append(...children.flat(Infinity).filter((it) => it !== null && it !== undefined && it !== false));
  return element;
}

/** An element of a drawing; its properties are attributes. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Put these in the place of what an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((it) => it !== null && it !== undefined && it !== false));
  return element;
}

/** Put what `make()` gives in the place of what an element has, unless the value that it is made of is the same as before: a
 *  button must not be exchanged under a finger that presses it. The focus stays where it is in the order of things. */
export function refill(element, value, make) {
  const key = JSON.stringify(value);
  if (element.madeOf === key && element.firstChild) return;
  const usable = () => [...element.querySelectorAll("button, input, textarea")];
  const index = usable().indexOf(document.activeElement);
  fill(element, make());
  element.madeOf = key;
  if (index >= 0) usable()[index]?.focus();
}

/** The element with this id, which the page has. */
export function at(id) {
  return document.getElementById(id);
}

/** A button that does something; what goes wrong there is told. */
export function button(label, act, properties = {}) {
  return h("button", { type: "button", onclick: (event) => guarded(() => act(event)), ...properties }, label);
}

/** A button that asks for a second press, for what cannot be taken back. */
export function carefully(label, act) {
  const made = button(label, (event) => {
    if (made.dataset.sure) {
      rest();
      return act(event);
    }
    made.dataset.sure = "yes";
    made.textContent = `${label}: sure?`;
    setTimeout(rest, 3000);
  }, { className: "danger" });
  function rest() {
    delete made.dataset.sure;
    made.textContent = label;
  }
  return made;
}

let hide = 0;

/** Say something in passing. */
export function notice(text) {
  const place = at("notice");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => { place.hidden = true; }, 6000);
}

/** Do something, and tell it if it goes wrong. */
export async function guarded(act) {
  try {
    return await act();
  } catch (error) {
    if (error.name !== "AbortError") notice(error.message);
    return undefined;
  }
}

/** Put a text on the clipboard, and say so. */
export async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else {
    // A page that came by plain HTTP from another machine has no clipboard of its own.
    const area = h("textarea", { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  notice("Copied.");
}

function set(element, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name === "role" || name === "for") element.setAttribute(name, value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element[name] = value;
  }
}
