// Reads a JSON list of diagrams from stdin, and writes what mermaid's parser says of each: null, or its error.
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

let text = "";
for await (const chunk of process.stdin) text += chunk;
const told = [];
for (const diagram of JSON.parse(text)) {
  told.push(await mermaid.parse(diagram).then(() => null, (error) => error.message));
}
process.stdout.write(JSON.stringify(told));
