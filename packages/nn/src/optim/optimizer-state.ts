// Optimizer state in and out, in the form that a checkpoint holds: JSON, and tensors by name.
import { ownedOne, type Shape, type Tensor } from "@tapegrad/core";
import { isUnshaped } from "../parameter.ts";
import { mismatch, StateDictError, type StateProblems } from "../state-dict.ts";
import type { Hyper, ParamGroup, Slot } from "./optimizer.ts";

export interface OptimizerJson {
  readonly optimizer: string;
  /** Hyper-parameters of each group; params are the numbers of its parameters, counted over all groups. */
  readonly paramGroups: readonly ({ readonly params: readonly number[] } & Hyper)[];
  /** Steps taken, by parameter number; a parameter that never had a gradient is absent. */
  readonly steps: Readonly<Record<string, number>>;
  /** The keys of the tensors that belong to it. */
  readonly tensors: readonly string[];
  /** Numbers by name that some optimizers keep, by parameter number. */
  readonly numbers?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface OptimizerState {
  readonly state: OptimizerJson;
  /** The live state tensors, "<parameter number>.<name>". */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

type Groups = readonly ParamGroup<Hyper>[];

export function writeState(
  optimizer: string,
  groups: Groups,
  slots: ReadonlyMap<Tensor, Slot>,
): OptimizerState {
  const numbers = new Map(groups.flatMap((g) => g.params).map((p, i) => [p, i]));
  const steps: Record<string, number> = {};
  const tensors = new Map<string, Tensor>();
  const kept: Record<string, Record<string, number>> = {};
  for (const [p, i] of numbers) {
    const slot = slots.get(p);
    if (slot === undefined) continue;
    steps[i] = slot.step;
    for (const [name, t] of Object.entries(slot.tensors)) tensors.set(`${i}.${name}`, t);
    if (Object.keys(slot.numbers).length > 0) kept[i] = { ...slot.numbers };
  }
  const paramGroups = groups.map(({ params, ...hyper }) => ({
    ...(hyper as Hyper),
    params: params.map((p) => numbers.get(p) as number),
  }));
  const keys = [...tensors.keys()];
  return {
    state: {
      ...{ optimizer, paramGroups: paramGroups as never, steps, tensors: keys },
      ...(Object.keys(kept).length > 0 ? { numbers: kept } : {}),
    },
    tensors,
  };
}

/** What an optimizer knows of its state. */
interface Checks {
  /** Throws for hyper-parameters without sense. */
  readonly hyper: (hyper: Hyper) => void;
  /** The shape of a state tensor. */
  readonly shape: (p: Tensor, name: string) => Shape;
}

/** Checks everything, then takes it over. */
export function readState(
  optimizer: string,
  groups: Groups,
  slots: Map<Tensor, Slot>,
  saved: { readonly tensors: ReadonlyMap<string, Tensor>; readonly state: unknown },
  checks: Checks,
): void {
  const params = groups.flatMap((g) => g.params);
  const json = saved.state as OptimizerJson;
  const problems = { mismatched: structureProblems(optimizer, groups, json) };
  const fail = (all: StateProblems) => {
    const fix = "Build the optimizer as the saved one was, over the same parameters in one order.";
    return new StateDictError(optimizer, all, fix);
  };
  if (problems.mismatched.size > 0) throw fail(problems);
  const { missing, unexpected, mismatched } = tensorProblems(params, json, saved.tensors, checks);
  if (missing.length + unexpected.length + mismatched.size > 0) {
    throw fail({ missing, unexpected, mismatched });
  }
  for (const [i, { params: _numbers, ...hyper }] of json.paramGroups.entries()) {
    checks.hyper({ ...groups[i], ...hyper } as unknown as Hyper);
  }

  const loaded = new Map<Tensor, Slot>();
  for (const [number, step] of Object.entries(json.steps)) {
    loaded.set(params[Number(number)] as Tensor, {
      ...{ step, tensors: {}, numbers: { ...json.numbers?.[number] } },
    });
  }
  for (const [key, value] of saved.tensors) {
    const [number, name] = key.split(".") as [string, string];
    const p = params[Number(number)] as Tensor;
    const copy = ownedOne(() => value.to(p.backend).detach().clone());
    (loaded.get(p) as Slot).tensors[name] = copy;
  }
  const old = [...slots.values()];
  slots.clear();
  for (const [p, slot] of loaded) slots.set(p, slot);
  for (const slot of old) for (const t of Object.values(slot.tensors)) t.release();
  json.paramGroups.forEach(({ params: _numbers, ...hyper }, i) => {
    Object.assign(groups[i] as ParamGroup<Hyper>, hyper);
  });
}

/** Keys that the JSON names and nobody gave, the other way round, and tensors of other shapes. */
function tensorProblems(
  params: readonly Tensor[],
  json: OptimizerJson,
  given: ReadonlyMap<string, Tensor>,
  { shape }: Checks,
) {
  const mismatched = new Map<string, string>();
  const belongs = (key: string): boolean => {
    const [number = "", name] = key.split(".");
    return name !== undefined && json.tensors.includes(key) && json.steps[number] !== undefined;
  };
  for (const [key, value] of given) {
    const [number, name = ""] = key.split(".");
    const p = params[Number(number)];
    const why =
      belongs(key) && p !== undefined
        ? mismatch(value, { dtype: p.dtype, shape: shape(p, name) }, isUnshaped(p))
        : undefined;
    if (why !== undefined) mismatched.set(key, why);
  }
  return {
    missing: json.tensors.filter((key) => !given.has(key)),
    unexpected: [...given.keys()].filter((key) => !belongs(key)),
    mismatched,
  };
}

/** What is wrong with the JSON part, by place. */
function structureProblems(
  optimizer: string,
  groups: Groups,
  json: Partial<OptimizerJson> | null | undefined,
): Map<string, string> {
  const problems = new Map<string, string>();
  if (json?.optimizer !== optimizer) {
    problems.set("optimizer", `expected ${optimizer}, got ${String(json?.optimizer)}`);
  }
  const saved = json?.paramGroups;
  if (!Array.isArray(saved) || saved.length !== groups.length) {
    const got = Array.isArray(saved) ? saved.length : "none";
    problems.set("paramGroups", `expected ${groups.length} groups, got ${got}`);
    return problems;
  }
  const total = groups.reduce((n, g) => n + g.params.length, 0);
  groups.forEach((group, i) => {
    const { params, ...hyper } = saved[i] as OptimizerJson["paramGroups"][number];
    const count = Array.isArray(params) ? params.length : "none";
    if (count !== group.params.length) {
      problems.set(
        `paramGroups.${i}.params`,
        `expected ${group.params.length} parameters, got ${count}`,
      );
    }
    for (const [key, value] of Object.entries(group)) {
      if (key === "params" || key === "initialLr") continue;
      if (typeof hyper[key] !== typeof value) {
        problems.set(
          `paramGroups.${i}.${key}`,
          `expected a ${typeof value}, got ${typeof hyper[key]}`,
        );
      }
    }
  });
  if (!Array.isArray(json?.tensors)) problems.set("tensors", "expected a list of keys, got none");
  for (const [number, step] of Object.entries(json?.steps ?? {})) {
    const known = Number.isInteger(Number(number)) && Number(number) < total;
    if (!known || !Number.isInteger(step) || step < 0) {
      problems.set(`steps.${number}`, `expected a step count of one of ${total} parameters`);
    }
  }
  return problems;
}
