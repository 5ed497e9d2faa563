// The feed of the server. Here: one connection that comes back, and resumes where it was. It is read with fetch, since an
// EventSource cannot send a token. Not here: what events do (main.js).

import { request } from "./api.js";
import { reader } from "./sse.js";

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 5000;

/** Keeps the feed: `on(name, value)` for each event, `state` for "live", and "away" with the error. `again` reads all anew. */
export class Feed {
  constructor({ on, state }) {
    this.on = on;
    this.state = state;
    this.last = "";
    this.abort = new AbortController();
  }

  async run() {
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      try {
        await this.listen();
        pause = FIRST_PAUSE_MS;
      } catch (error) {
        if (error.name === "AbortError") continue;
        this.state("away", error);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
      await new Promise((resume) => { setTimeout(resume, pause); });
    }
  }

  /** Begin anew, from nothing. */
  again() {
    this.last = "";
    this.abort.abort();
  }

  async listen() {
    this.abort = new AbortController();
    const headers = this.last ? { "Last-Event-ID": this.last } : {};
    const response = await request("events", { headers, signal: this.abort.signal });
    this.state("live");
    const bytes = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const read = reader();
    for (;;) {
      const { value, done } = await bytes.read();
      if (done) return;
      for (const event of read(value)) {
        if (event.id) this.last = event.id;
        this.on(event.name, JSON.parse(event.data));
      }
    }
  }
}
