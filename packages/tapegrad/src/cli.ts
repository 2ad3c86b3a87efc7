// The program behind bin/tapegrad.js.
// Settings in the environment are read while the packages load; a bad one is wrong usage, not a crash.
const { main } = await import("./command-line.ts").catch((error: Error) => {
  if (error.name !== "ArgumentError") throw error;
  console.error(`error: ${error.message}`);
  process.exit(2);
});
await main(process.argv.slice(2));
