// Where drivers of Vulkan are looked for, on machines that are made up.
import { expect } from "chai";
import { vulkanDrivers } from "../src/vulkan.ts";

const machine = (env: Record<string, string>, ...files: string[]) => ({
  env,
  exists: (file: string) => files.includes(file),
  list: (folder: string) =>
    files.filter((f) => f.startsWith(`${folder}/`)).map((f) => f.slice(folder.length + 1)),
});

describe("drivers of Vulkan", () => {
  it("a machine without any: says where it looked", () => {
    const { found, lookedIn } = vulkanDrivers(machine({ HOME: "/home/me" }));
    expect(found).to.deep.equal([]);
    expect(lookedIn).to.include.members([
      "/home/me/.config/vulkan/icd.d",
      "/etc/vulkan/icd.d",
      "/usr/share/vulkan/icd.d",
    ]);
  });

  it("manifests in the system's folders and in those that XDG names", () => {
    const nvidia = "/usr/share/vulkan/icd.d/nvidia_icd.json";
    expect(
      vulkanDrivers(machine({}, nvidia, "/usr/share/vulkan/icd.d/README")).found,
    ).to.deep.equal([nvidia]);
    const mine = "/opt/mine/vulkan/icd.d/x.json";
    expect(
      vulkanDrivers(machine({ XDG_DATA_DIRS: "/opt/mine" }, mine, nvidia)).found,
    ).to.deep.equal([mine]);
  });

  it("files that variables name: instead of the folders, or besides them; empty is as good as unset", () => {
    const [a, b] = ["/a/swiftshader.json", "/etc/vulkan/icd.d/b.json"];
    expect(vulkanDrivers(machine({ VK_ICD_FILENAMES: a }, a, b)).found).to.deep.equal([a]);
    expect(vulkanDrivers(machine({ VK_ICD_FILENAMES: "/gone.json" }, b))).to.deep.equal({
      found: [],
      lookedIn: ["/gone.json"],
    });
    expect(
      vulkanDrivers(machine({ VK_DRIVER_FILES: "", VK_ICD_FILENAMES: a }, a, b)).found,
    ).to.deep.equal([a]);
    expect(vulkanDrivers(machine({ VK_ADD_DRIVER_FILES: a }, a, b)).found).to.deep.equal([a, b]);
    expect(vulkanDrivers(machine({ VK_ICD_FILENAMES: "" }, a, b)).found).to.deep.equal([b]);
  });
});
