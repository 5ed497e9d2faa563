// A request as a curl command. A pure function.

import { baseUrl } from "./welcome.js";

// What curl says by itself, or what would contradict the body that it sends.
const OWN = new Set(["host", "content-length", "transfer-encoding", "connection", "accept-encoding"]);

/** The command that sends this request again. */
export function curl({ method, path, query, headers, body, encoding }) {
  const target = path.split("/").map(segment).join("/");
  const url = baseUrl().replace(/\/v1$/, "") + target + (query ? `?${query}` : "");
  const told = headers.filter(([name]) => !OWN.has(name.toLowerCase())).map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`);
  const parts = [`curl -N -X ${shell(method)} ${shell(url)}`, ...told];
  if (body && encoding === "utf-8") parts.push(`--data-binary ${shell(body)}`);
  else if (body) parts.push("--data-binary @-");
  const command = parts.join(" \\\n  ");
  return body && encoding !== "utf-8" ? `echo ${shell(body)} | base64 -d | ${command}` : command;
}

/** A part of a path; what may stand there as it is stays readable. */
function segment(text) {
  return encodeURIComponent(text).replace(/%(40|3A|2C|3B|3D|2B|24|26)/g, (found) => decodeURIComponent(found));
}

/** One word of a shell. */
function shell(text) {
  return /^[\w./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
