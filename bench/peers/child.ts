// node child.ts NAME FOLDER THREADS: the process of one JavaScript peer.
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { turn, warmUp } from "../timing.ts";
import type { Job, Peer, Reply, Request, Start } from "./peer.ts";

const [name = "", folder = "", threads = "1"] = process.argv.slice(2);
const FILES: Readonly<Record<string, string>> = {
  "tfjs-wasm": "./tfjs.ts",
  "ort-web": "./ort.ts",
  "ort-node": "./ort.ts",
  "jax-js": "./jax.ts",
};

const reply = (message: Reply): void => void writeSync(3, `${JSON.stringify(message)}\n`);

let current: { job: Job; perCall: number; effort: Parameters<typeof warmUp>[1] } | undefined;

async function answer(peer: Peer, request: Request): Promise<Reply> {
  if (request.do === "prepare") {
    const { spec, pass, effort } = request;
    const job = await peer.prepare(spec, pass);
    const probe = await job.probe();
    current = { job, perCall: await warmUp(() => job.run(), effort), effort };
    return { probe };
  }
  if (current === undefined) throw new Error(`'${request.do}' before 'prepare'`);
  const { job, perCall, effort } = current;
  if (request.do === "turn") return { samples: await turn(() => job.run(), perCall, effort) };
  current = undefined;
  await job.dispose();
  return { done: true };
}

const start = (await import(FILES[name] ?? "")) as { default: (name: string) => Start };
const peer = await start.default(name)(
  createRequire(join(folder, "package.json")),
  Number(threads),
);
reply({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    reply(await answer(peer, JSON.parse(line) as Request));
  } catch (error) {
    reply({ error: String((error as Error).message ?? error).split("\n")[0] ?? "" });
  }
}
process.exit(0);
