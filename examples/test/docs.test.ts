// ARCHITECTURE.md, CONTRIBUTING.md and CHANGELOG.md say what is there: files, test titles, the op of the guide.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const exists = (path: string): boolean => existsSync(new URL(path, root));
const DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

describe("documents", () => {
  for (const name of DOCUMENTS) {
    it(`${name}: every file that it names is there`, () => {
      const text = read(name);
      const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
      const quoted = [
        ...text.matchAll(/`((?:packages|examples|fixtures|ops|op|autograd)\/[\w./-]+)`/g),
      ];
      for (const path of [...links, ...quoted.map(([, path = ""]) => path)]) {
        expect(exists(path) || exists(`packages/core/src/${path}`), path).to.equal(true);
      }
    });
  }

  it("ARCHITECTURE.md: every test of the ownership table is there", () => {
    const files: Readonly<Record<string, string>> = {
      C: read("packages/core/test/ownership.test.ts"),
      M: read("packages/core/test/memory.test.ts"),
      S: read("packages/nn/test/sequential.test.ts"),
      P: read("packages/nn/test/module.test.ts"),
      O: read("packages/nn/test/optim.test.ts"),
    };
    const cells = [...read("ARCHITECTURE.md").matchAll(/\| ([CMSPO]) (".*") \|$/gm)];
    expect(cells.length).to.be.at.least(17);
    for (const [, file = "", titles = ""] of cells) {
      for (const [, title = ""] of titles.matchAll(/"([^"]+)"/g)) {
        expect(files[file], title).to.contain(`it("${title}"`);
      }
    }
  });

  it("CONTRIBUTING.md: the op of the guide is the tested example, to the letter", () => {
    const [, code = ""] = /```ts\n(.*?)```/s.exec(read("CONTRIBUTING.md")) ?? [];
    expect(code).to.contain("defineOp");
    expect(read("examples/custom-op.ts")).to.contain(code);
  });

  it("CONTRIBUTING.md: the imports inside core are there, and used", async () => {
    const [op = "", top = ""] = [...read("CONTRIBUTING.md").matchAll(/```ts\n(.*?)```/gs)].map(
      ([, code = ""]) => code,
    );
    const folder = new URL("packages/core/src/ops/elementwise/", root);
    const imports = [...top.matchAll(/^import \{ (.*) \} from "(.*)";$/gm)];
    expect(imports.length).to.equal(5);
    const names: string[] = [];
    for (const [, list = "", path = ""] of imports) {
      const module = await import(new URL(path, folder).href);
      for (const name of list.split(", ")) {
        names.push(name.replace("type ", ""));
        if (!name.startsWith("type ")) expect(module, path).to.have.property(name);
      }
    }
    for (const name of names) expect(op).to.match(new RegExp(`\\b${name}\\b`));
  });

  it("CONTRIBUTING.md: every npm script that it names is there", () => {
    const { scripts } = JSON.parse(read("package.json"));
    for (const name of DOCUMENTS) {
      for (const [, script = ""] of read(name).matchAll(/npm run ([\w:]+)/g)) {
        expect(scripts, script).to.have.property(script);
      }
    }
  });

  it("every package has a README", () => {
    for (const name of readdirSync(new URL("packages", root))) {
      if (!exists(`packages/${name}/package.json`)) continue;
      const text = read(`packages/${name}/README.md`);
      expect(text).to.contain(`# ${JSON.parse(read(`packages/${name}/package.json`)).name}`);
    }
  });
});
