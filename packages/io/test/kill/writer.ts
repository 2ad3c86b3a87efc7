// Writes two versions of a file in turn until it is killed: argv is the path and the size.
import { writeFileAtomic } from "@tapegrad/io";

const [path = "", size = "0"] = process.argv.slice(2);
const versions = [1, 2].map((fill) => new Uint8Array(Number(size)).fill(fill));
for (let round = 0; ; round++) {
  for (const version of versions) writeFileAtomic(path, version);
  if (round === 0) process.stdout.write("ready\n");
}
