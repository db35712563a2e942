// node bench/oxigraph_load.mjs FILE.nq: how fast Oxigraph's npm package loads it into memory.
import { createRequire } from 'node:module';
import { closeSync, openSync, readSync } from 'node:fs';

const require = createRequire(new URL('../tests/npm/package.json', import.meta.url));
let oxigraph;
try {
  oxigraph = require('oxigraph');
} catch {
  process.exit(77);
}
const store = new oxigraph.Store();
const file = openSync(process.argv[2], 'r');
const block = Buffer.alloc(32 << 20);
const begun = process.hrtime.bigint();
let rest = '';
for (;;) {
  const got = readSync(file, block, 0, block.length, null);
  if (got === 0) break;
  // The sample is ASCII; whole lines are given at a time.
  const text = rest + block.toString('latin1', 0, got);
  const end = text.lastIndexOf('\n') + 1;
  rest = text.slice(end);
  if (end > 0) store.load(text.slice(0, end), { format: 'application/n-quads', lenient: true, no_transaction: true });
}
closeSync(file);
const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
console.log(`  Oxigraph, text to memory           ${(store.size / seconds).toFixed(0).padStart(9)} quads/s (${seconds.toFixed(2)} s)`);
