// The rival: Oxigraph (npm, WebAssembly) on the same data and queries, in the same run.
//
//   node sparql_oxigraph.mjs DATA.nq QUERIES.rq FOLDER [REPEATS]    FOLDER: the answers of bench_sparql
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';
const require = createRequire(new URL('../tests/npm/', import.meta.url));
const oxigraph = require('oxigraph');
const [data, queries, folder, repeats = '3'] = process.argv.slice(2);
const prefixes = 'PREFIX as: <https://www.w3.org/ns/activitystreams#>\n' +
  'PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n';
const store = new oxigraph.Store();
// Its union of graphs has a triple once for each graph that holds it (issue 1919), where SPARQL
// merges graphs. So it gets all triples in its default graph too, and asks that.
const quads = readFileSync(data, 'utf8');
store.load(quads, {format: 'application/n-quads', no_transaction: true});
store.load(quads.replace(/ <[^>]*> \.$/gm, ' .'), {format: 'application/n-triples', no_transaction: true});
const term = (t) => t === undefined ? '' : t.toString();
const lines = (answer) => {
  if (typeof answer === 'boolean') return [String(answer)];
  return answer.map((row) => row instanceof Map ? null : [row.subject, row.predicate, row.object].map(term).join('\t'));
};
for (const part of readFileSync(queries, 'utf8').split('#### ').slice(1)) {
  const end = part.indexOf('\n'), name = part.slice(0, end), text = part.slice(end + 1);
  const times = [];
  let answer;
  for (let i = 0; i < Number(repeats); ++i) {
    const begin = performance.now();
    answer = store.query(prefixes + text);
    times.push(performance.now() - begin);
    if (times[0] > 5000) break;
  }
  times.sort((a, b) => a - b);
  const select = /SELECT\s+(DISTINCT\s+)?([\s\S]*?)\{/.exec(text);
  let names = [];
  if (select) names = [...select[2].replace(/\([^()]*(\([^()]*\))?[^()]*AS\s+(\?\w+)\s*\)/g, '$2').matchAll(/\?(\w+)/g)].map((m) => m[1]);
  const found = (select ? answer.map((row) => names.map((n) => term(row.get(n))).join('\t')) : lines(answer)).sort();
  let ours = readFileSync(`${folder}/${name}.tsv`, 'utf8').split('\n').slice(0, -1).sort();
  console.log(JSON.stringify({name, ms: times[times.length >> 1], rows: found.length,
    equal: JSON.stringify(found) === JSON.stringify(ours)}));
}
