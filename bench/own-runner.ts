// tapegrad as one who takes part, on so many threads.
import { collect, setNumThreads, synchronize } from "tapegrad";
import type { Ready, Runner } from "./measure.ts";
import type { Row } from "./options.ts";
import { kernelsOf, type Prepared, prepare } from "./own.ts";
import { type Effort, turn, warmUp } from "./timing.ts";

export class OwnRunner implements Runner {
  readonly name: string;
  private readonly threads: number;
  private prepared: Prepared | undefined;
  private perCall = 0;
  private effort!: Effort;

  constructor(threads: number) {
    this.name = `tapegrad@${threads}`;
    this.threads = threads;
  }

  refuses(): undefined {}

  async prepare({ workload, pass }: Row, effort: Effort): Promise<Ready> {
    setNumThreads(this.threads);
    this.effort = effort;
    const prepared = prepare(workload.spec, pass);
    this.prepared = prepared;
    const probe = prepared.probe();
    const kernels = kernelsOf(prepared);
    this.perCall = await warmUp(prepared.run, effort, synchronize);
    return { probe, kernels };
  }

  turn(): Promise<number[]> {
    if (this.prepared === undefined) throw new Error(`${this.name}: a turn before prepare()`);
    setNumThreads(this.threads);
    return turn(this.prepared.run, this.perCall, this.effort, synchronize);
  }

  async finish(): Promise<void> {
    this.prepared = undefined;
    // The next row is not to pay for this one's garbage, if its time counts.
    if (this.effort.timedMs > 0) collect();
  }
}
