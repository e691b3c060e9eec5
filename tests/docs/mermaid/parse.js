// Reads a JSON list of diagrams from stdin. Writes for each null, or the error of Mermaid's parser.
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");

let text = "";
for await (const chunk of process.stdin) text += chunk;
const errors = [];
for (const diagram of JSON.parse(text)) {
  errors.push(await mermaid.parse(diagram).then(() => null, (error) => error.message));
}
process.stdout.write(JSON.stringify(errors));
