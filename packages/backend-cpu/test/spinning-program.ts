// A program whose threads still spin when its last line has run: it has to end by itself (threads.test.ts).
import "@tapegrad/backend-cpu";
import { matmul, ones, setNumThreads } from "@tapegrad/core";

setNumThreads(3);
const a = ones([300, 300]);
let b = a;
for (let i = 0; i < 20; i++) b = matmul(a, a);
console.log(b.sum().item());
