import "@tapegrad/backend-cpu";
import * as core from "@tapegrad/core";
import { nn, AdamW, clipGradNorm } from "@tapegrad/nn";
import { models } from "./src/models.ts";
core.withBackend("wasm", () => {
  core.manualSeed(1);
  const m = models.create("separable", {shape:[1,28,28],classes:10});
  const opt = new AdamW(m.parameters(), {lr:1e-3});
  const x = core.randn([64,1,28,28]); const t = core.randint(0,10,[64]);
  const acc = new Map<string,{n:number,ms:number}>();
  const step=()=>{ const loss = core.crossEntropy(m.call(x), t); opt.zeroGrad(); loss.backward(); clipGradNorm(m.parameters(), 1); opt.step(); return loss.item(); };
  let l=0; for(let i=0;i<8;i++) l=step();
  console.log("loss",l, core.fallbacks());
  core.onRun(e=>{const k=e.op+" "+e.variant; const a=acc.get(k)??{n:0,ms:0}; a.n++; a.ms+=e.ms; acc.set(k,a);});
  const t0=performance.now(); for(let i=0;i<10;i++) step(); console.log("step ms",(performance.now()-t0)/10);
  for (const [k,v] of [...acc].sort((a,b)=>b[1].ms-a[1].ms).slice(0,40)) console.log((v.ms/10).toFixed(3),v.n/10,k);
});
