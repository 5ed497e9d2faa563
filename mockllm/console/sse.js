// Server-sent events out of a text that comes in pieces. A pure reader: no network.

/** Reads pieces of text; gives each whole event as {name, data, id}. */
export function reader() {
  let rest = "";
  let id = "";
  return function read(piece) {
    rest += piece;
    const events = [];
    let end = rest.indexOf("\n\n");
    while (end >= 0) {
      const event = { name: "message", data: "", id };
      for (const line of rest.slice(0, end).split("\n")) {
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") event.name = value;
        else if (field === "data") event.data += event.data ? `\n${value}` : value;
        else if (field === "id") id = event.id = value;
      }
      rest = rest.slice(end + 2);
      if (event.data) events.push(event);
      end = rest.indexOf("\n\n");
    }
    return events;
  };
}
