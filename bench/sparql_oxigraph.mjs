// The rival: Oxigraph (npm, WebAssembly) on the same data and queries, in the same run. A query that
// takes longer than LIMIT seconds is ended, with the process that it runs in, and counts as that long;
// its answer is then compared by the query of that name in REWRITTEN.rq, which asks the same in a way
// that the rival is quicker with. Of a LIMIT without an order any rows are right: as many as the
// rival has, each a different one of those that the rival finds without the limit.
//
//   node sparql_oxigraph.mjs DATA.nq QUERIES.rq FOLDER [REPEATS] [LIMIT] [REWRITTEN.rq]
//
// FOLDER: the answers of bench_sparql.
import {fork} from 'node:child_process';
import {createRequire} from 'node:module';
import {createReadStream, readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';

const [data, queries, folder, repeats = '3', limit = '30', rewritten] = process.argv.slice(2);
const prefixes = 'PREFIX as: <https://www.w3.org/ns/activitystreams#>\n' +
  'PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n';
const usesGraphs = (text) => text.includes('GRAPH');
const limited = / LIMIT \d+\s*$/;
const anyWillDo = (text) => limited.test(text) && !text.includes('ORDER BY');
const term = (t) => t === undefined ? '' : t.toString();

// Its union of graphs has a triple once for each graph that holds it (issue 1919), where SPARQL
// merges graphs. So what asks of no graph by name asks the default graph of a store with all triples
// there.
async function serve(named) {
  const require = createRequire(new URL('../tests/npm/', import.meta.url));
  const store = new (require('oxigraph').Store)();
  let lines = [];
  const load = () => {
    store.load(lines.join('\n'), {format: named ? 'application/n-quads' : 'application/n-triples', no_transaction: true});
    lines = [];
  };
  for await (const line of createInterface({input: createReadStream(data)})) {
    lines.push(named ? line : line.replace(/ <[^>]*> \.$/, ' .'));
    if (lines.length === 100000) load();
  }
  load();
  process.on('message', ({name, text}) => {
    const times = [];
    let answer;
    for (let i = 0; i < Number(repeats); ++i) {
      const begin = performance.now();
      answer = store.query(prefixes + text);
      times.push(performance.now() - begin);
      if (times[0] > 2000) break;
    }
    times.sort((a, b) => a - b);
    const select = /SELECT\s+(DISTINCT\s+)?([\s\S]*?)\{/.exec(text);
    let names = [];
    if (select) names = [...select[2].replace(/\([^()]*(\([^()]*\))?[^()]*AS\s+(\?\w+)\s*\)/g, '$2').matchAll(/\?(\w+)/g)].map((m) => m[1]);
    const lines = (answer) => (typeof answer === 'boolean' ? [String(answer)] : answer.map((row) => (row instanceof Map
      ? names.map((n) => term(row.get(n))) : [row.subject, row.predicate, row.object].map(term)).join('\t'))).sort();
    const found = lines(answer);
    const ours = readFileSync(`${folder}/${name}.tsv`, 'utf8').split('\n').slice(0, -1).sort();
    const told = {name, ms: times[times.length >> 1], rows: found.length, limited: false, equal: null};
    process.send({...told, checking: true});
    let equal = JSON.stringify(found) === JSON.stringify(ours);
    if (!equal && anyWillDo(text) && found.length === ours.length) {
      const left = new Map();
      for (const line of lines(store.query(prefixes + text.replace(limited, '')))) {
        left.set(line, (left.get(line) ?? 0) + 1);
      }
      equal = ours.every((line) => {
        const count = left.get(line) ?? 0;
        left.set(line, count - 1);
        return count > 0;
      });
    }
    process.send({...told, equal});
  });
  process.send('ready');
}

function start(named) {
  const child = fork(new URL(import.meta.url).pathname, process.argv.slice(2),
    {env: {...process.env, SERVES: named ? 'named' : 'default'}, execArgv: ['--max-old-space-size=4096']});
  return new Promise((resolve, reject) => {
    child.once('message', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`the rival ended with ${code}`)));
  });
}

// Null: it took too long. The comparison has a time of its own.
const secondsToCheck = 120;
const asked = (child, query, seconds = Number(limit)) => new Promise((resolve) => {
  let timer = setTimeout(() => { child.kill('SIGKILL'); resolve(null); }, seconds * 1000);
  child.removeAllListeners('message');
  child.on('message', ({checking, ...answer}) => {
    clearTimeout(timer);
    if (!checking) return resolve(answer);
    timer = setTimeout(() => { child.kill('SIGKILL'); resolve(answer); }, secondsToCheck * 1000);
  });
  child.send(query);
});

const queriesOf = (file) => readFileSync(file, 'utf8').split('#### ').slice(1).map((part) => {
  const end = part.indexOf('\n');
  return {name: part.slice(0, end), text: part.slice(end + 1)};
});

async function run() {
  const all = queriesOf(queries), others = rewritten ? queriesOf(rewritten) : [];
  const answers = new Map();
  for (const named of [false, true]) {
    let child;
    for (const query of all.filter((one) => usesGraphs(one.text) === named)) {
      child ??= await start(named);
      const answer = await asked(child, query);
      answers.set(query.name, answer ?? {name: query.name, ms: Number(limit) * 1000, rows: 0, limited: true, equal: null});
      if (child.killed) child = undefined;
    }
    for (const other of others.filter((one) => usesGraphs(one.text) === named && answers.get(one.name)?.limited)) {
      child ??= await start(named);
      const answer = await asked(child, other, Number(limit) * 3);
      if (child.killed) child = undefined;
      answers.get(other.name).equal = answer?.equal ?? null;
    }
    child?.kill('SIGKILL');
  }
  for (const {name} of all) console.log(JSON.stringify(answers.get(name)));
}

if (process.env.SERVES) await serve(process.env.SERVES === 'named');
else await run();
