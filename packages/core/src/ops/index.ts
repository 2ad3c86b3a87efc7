// What ops there are for everybody else: the list of rooms, with `out` where PyTorch has it, and second names.
export * from "./aliases.ts";
export * from "./out-forms.ts";
