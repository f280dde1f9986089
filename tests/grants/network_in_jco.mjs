// Takes steps, as lines of JSON, to the prober in `out/whole.js`, and says what came of each.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { probe } = await import(pathToFileURL(process.argv[2]));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(probe.step(JSON.parse(line))));
}
process.exit(0);
