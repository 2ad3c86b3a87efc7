// Where the Vulkan loader looks for drivers on Linux. Dawn is not even loaded where there is none: it would take a
// second to find out, and print warnings of its own to a terminal that has not asked for a GPU.
// The order is that of the loader's documentation (LoaderDriverInterface.md, "Driver Discovery on Linux").

/** What is asked of the machine. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names in a folder; none if it cannot be read. */
  list(folder: string): readonly string[];
  exists(file: string): boolean;
}

export interface Drivers {
  /** Manifests that were found. */
  readonly found: readonly string[];
  /** Files that a variable names, or folders. */
  readonly lookedIn: readonly string[];
}

const split = (text: string | undefined): string[] => (text ?? "").split(":").filter(Boolean);

/** The manifests of drivers that the loader would read. */
export function vulkanDrivers({ env, list, exists }: Machine): Drivers {
  const named = split(env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES);
  if (named.length > 0) return { found: named.filter(exists), lookedIn: named };
  const home = (name: string, below: string): string[] =>
    split(env[name] || (env.HOME === undefined ? undefined : `${env.HOME}/${below}`));
  const roots = [
    ...home("XDG_CONFIG_HOME", ".config"),
    ...split(env.XDG_CONFIG_DIRS || "/etc/xdg"),
    "/etc",
    ...home("XDG_DATA_HOME", ".local/share"),
    ...split(env.XDG_DATA_DIRS || "/usr/local/share:/usr/share"),
  ];
  const added = split(env.VK_ADD_DRIVER_FILES);
  const folders = [...new Set(roots)].map((root) => `${root}/vulkan/icd.d`);
  const inFolders = folders.flatMap((folder) =>
    list(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => `${folder}/${name}`),
  );
  return { found: [...added.filter(exists), ...inFolders], lookedIn: [...added, ...folders] };
}

/** The same of this machine; undefined where Vulkan is not what Dawn would use. */
export function driversHere(): Drivers | undefined {
  const { process } = globalThis;
  const fs = process?.getBuiltinModule?.("node:fs");
  if (process?.platform !== "linux" || fs === undefined) return undefined;
  return vulkanDrivers({
    env: process.env,
    exists: (file) => fs.existsSync(file),
    list: (folder) => {
      try {
        return fs.readdirSync(folder);
      } catch {
        return [];
      }
    },
  });
}
