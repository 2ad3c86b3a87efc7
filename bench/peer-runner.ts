// A peer as one who takes part: a process that waits on its stdin and answers on file descriptor 3. It is
// started when its first row comes, and again after it died or took too long.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Ready, Runner } from "./measure.ts";
import type { Row } from "./options.ts";
import type { Reply, Request } from "./peers/peer.ts";
import type { PeerPlan } from "./peers.ts";
import type { Effort } from "./timing.ts";

/** To start, compile and warm up; then for a turn. */
const LIMIT_MS = { start: 60_000, prepare: 30_000, turn: 60_000 };
/** Idle threads of most runtimes spin for a while before they sleep: theirs is not to be our time. */
const SETTLE_MS = 40;

interface Connection {
  readonly child: ChildProcess;
  readonly lines: Interface;
  /** The last of what it printed, for messages. */
  complaint: string;
}

/** The fields of a reply, whichever it is. */
type Fields = { readonly [K in "probe" | "samples" | "error"]?: unknown };

export class PeerRunner implements Runner {
  readonly name: string;
  readonly version: string;
  private readonly plan: PeerPlan;
  private readonly threads: number;
  private connection: Connection | undefined;
  /** Why it does not start; asked once. */
  private broken: Error | undefined;

  constructor(plan: PeerPlan, threads: number) {
    this.plan = plan;
    this.name = plan.name;
    this.version = plan.version;
    this.threads = threads;
  }

  refuses(row: Row): string | undefined {
    return this.plan.refuses(row, this.threads);
  }

  async prepare({ workload: { spec }, pass }: Row, effort: Effort): Promise<Ready> {
    if (this.connection === undefined) await this.start();
    const reply = await this.ask({ do: "prepare", spec, pass, effort }, LIMIT_MS.prepare);
    await settle();
    return { probe: reply.probe as number[], kernels: [] };
  }

  async turn(): Promise<number[]> {
    const { samples } = await this.ask({ do: "turn" }, LIMIT_MS.turn);
    await settle();
    return samples as number[];
  }

  async finish(): Promise<void> {
    if (this.connection !== undefined) await this.ask({ do: "finish" }, LIMIT_MS.turn);
  }

  /** Ends the process. */
  stop(): void {
    this.connection?.child.kill("SIGKILL");
    this.connection = undefined;
  }

  private async start(): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    const [command, ...args] = this.plan.command(this.threads);
    const child = spawn(command as string, args, { stdio: ["pipe", "ignore", "pipe", "pipe"] });
    const lines = createInterface({ input: child.stdio[3] as Readable });
    const connection: Connection = { child, lines, complaint: "" };
    child.stderr?.on("data", (data) => {
      connection.complaint = (connection.complaint + data).slice(-2000);
    });
    child.stdin?.on("error", () => {}); // it died: its exit says so
    this.connection = connection;
    try {
      await this.reply(LIMIT_MS.start, "start");
    } catch (error) {
      this.broken = error as Error;
      throw error;
    }
  }

  private ask(request: Request, limit: number): Promise<Fields> {
    this.connection?.child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.reply(limit, request.do);
  }

  /** The next line; a process that does not give one is ended. */
  private reply(limit: number, what: string): Promise<Fields> {
    const { connection } = this;
    if (connection === undefined) throw new Error(`${this.name} does not run`);
    const { child, lines } = connection;
    return new Promise((resolve, reject) => {
      const finish = (error: Error | undefined, fields: Fields = {}) => {
        clearTimeout(timer);
        lines.off("line", onLine);
        child.off("close", onClose);
        child.off("error", onError);
        if (error === undefined) resolve(fields);
        else reject(error);
      };
      const lost = (why: string) => {
        this.stop();
        finish(new Error(why));
      };
      const onLine = (line: string) => {
        const reply = JSON.parse(line) as Reply & Fields;
        finish(reply.error === undefined ? undefined : new Error(String(reply.error)), reply);
      };
      const onClose = () => lost(`the process ended: ${essence(connection.complaint)}`);
      const onError = (error: Error) => lost(error.message);
      const timer = setTimeout(() => lost(`more than ${limit / 1000} s to ${what}`), limit);
      lines.on("line", onLine);
      child.on("close", onClose);
      child.on("error", onError);
    });
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));

/** The line of a stack trace that says what happened. */
function essence(text: string): string {
  const lines = text.trim().split("\n");
  return lines.find((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? "";
}

/** Where the processes of the peers live. */
export const peerFile = (name: string): string =>
  fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
