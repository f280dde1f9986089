// Runs attacks on a component that jco transpiled, each in a fresh instance. The host is as open as
// jco's shim can make it: what is held back, the component itself holds back.
//
//   node run.mjs SHIM TRANSPILED NAME QUESTIONS ANSWERS
//
// A question is a line of JSON on the first descriptor: the attack, its argument, the directories,
// variables and arguments that the host gives. The answer is a line of JSON on the second.
import { readSync, writeSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [shim, transpiled, name, asked, told] = process.argv.slice(2);
const [questions, answers] = [Number(asked), Number(told)];
const load = (...parts) => import(pathToFileURL(resolve(join(...parts))).href);
const { WASIShim } = await load(shim, "dist/common/instantiation.js");
const cli = await load(shim, "dist/nodejs/cli.js");
const { instantiate } = await load(transpiled, `${name}.js`);

class Ended extends Error {}

const modules = new Map();
function coreModule(path) {
  if (!modules.has(path)) {
    modules.set(path, new WebAssembly.Module(readFileSync(join(transpiled, path))));
  }
  return modules.get(path);
}

function* requests() {
  const chunk = Buffer.alloc(65536);
  let text = "";
  for (;;) {
    const count = readSync(questions, chunk);
    if (count === 0) return;
    text += chunk.toString("utf8", 0, count);
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      yield JSON.parse(text.slice(0, end));
    }
  }
}

async function answer({ attack, argument, directories, variables, args }) {
  const host = new WASIShim({
    sandbox: { preopens: directories, env: variables, args },
    cli: {
      ...cli,
      exit: {
        exit(status) {
          throw new Ended(status.tag === "err" ? 1 : 0);
        },
      },
    },
  }).getImportObject();
  try {
    const whole = await instantiate(coreModule, host);
    const attacks = whole["wcompose:attacks/attacks@0.1.0"];
    if (attack === "known") return { known: await attacks.known() };
    return { ok: await attacks.attack(attack, argument) };
  } catch (error) {
    if (error instanceof Ended) return { exit: Number(error.message) };
    if (typeof error?.payload === "string") return { err: error.payload };
    const frames = String(error?.stack ?? "").match(/not granted[^\n]*/)?.[0];
    return { trap: String(error?.message ?? error), frames };
  }
}

for (const request of requests()) {
  writeSync(answers, JSON.stringify(await answer(request)) + "\n");
}
process.exit(0);
