// The same operations as jsonld_ops.cpp, by jsonld.js and rdf-canonize (tests/npm).
//
//   node jsonld_peer.cjs accepts PACK      prints the indexes of the documents that it can read
//   node jsonld_peer.cjs run PACK SECONDS  prints {"parse": documents/s, ...}
'use strict';
const fs = require('fs');
const path = require('path');
const modules = path.join(__dirname, '..', 'tests', 'npm', 'node_modules');
const jsonld = require(path.join(modules, 'jsonld'));
const canonize = require(path.join(modules, 'rdf-canonize'));
const ContextResolver = require(path.join(modules, 'jsonld', 'lib', 'ContextResolver.js'));
const LRU = require(path.join(modules, 'lru-cache'));

const [action, file] = process.argv.slice(2);
const seconds = Number(process.argv[4]);
const pack = JSON.parse(fs.readFileSync(file, 'utf8'));
const contexts = new Map(
    Object.entries(pack.contexts).map(([url, text]) => [url, JSON.parse(text)]));
// Preloaded and parsed already.
const documentLoader = async url => {
  if (!contexts.has(url)) throw new Error('no context ' + url);
  return {contextUrl: null, documentUrl: url, document: contexts.get(url)};
};
const options = {documentLoader};
const compactionContext = ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'];
const cold = () => ({
  documentLoader,
  contextResolver: new ContextResolver({sharedCache: new LRU({max: 100})}),
});

/// Seconds that this thread has had a processor for; what collects garbage beside it is not counted.
function seconds_used() {
  const stat = fs.readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function rate(count, seconds, operation) {
  const round = async () => {
    for (let i = 0; i < count; i++) await operation(i);
  };
  // So long that the just-in-time compiler has seen it all.
  const warm = seconds_used();
  do await round(); while (seconds_used() - warm < Math.max(seconds / 2, 0.5));
  const begun = seconds_used();
  let done = 0, took = 0;
  do {
    await round();
    done += count;
    took = seconds_used() - begun;
  } while (took < seconds);
  return Math.round(done / took);
}

async function run() {
  const texts = pack.documents;
  const expanded = [], datasets = [];
  for (const text of texts) {
    expanded.push(await jsonld.expand(JSON.parse(text), options));
    // It gives quads without an object for values that are not well-formed.
    datasets.push((await jsonld.toRDF(JSON.parse(text), options)).filter(quad => quad.object));
  }
  const operations = {
    parse: i => JSON.parse(texts[i]),
    expand: i => jsonld.expand(JSON.parse(texts[i]), options),
    compact: i =>
        jsonld.compact(expanded[i], compactionContext, {documentLoader, skipExpansion: true}),
    quads: i => jsonld.toRDF(JSON.parse(texts[i]), options),
    canonicalize: i => canonize.canonize(datasets[i], {algorithm: 'RDFC-1.0'}),
    cold: i => jsonld.expand(JSON.parse(texts[i]), cold()),
  };
  const results = {};
  for (const [name, operation] of Object.entries(operations)) {
    results[name] = await rate(texts.length, seconds, operation);
  }
  console.log(JSON.stringify(results));
}

async function accepts() {
  const good = [];
  for (const [i, text] of pack.documents.entries()) {
    try {
      await jsonld.compact(await jsonld.expand(JSON.parse(text), options), compactionContext,
                           {documentLoader, skipExpansion: true});
      const quads = await jsonld.toRDF(JSON.parse(text), options);
      await canonize.canonize(quads.filter(quad => quad.object), {algorithm: 'RDFC-1.0'});
      good.push(i);
    } catch (error) {
      // Not one to compare by.
    }
  }
  console.log(JSON.stringify(good));
}

(action === 'run' ? run() : accepts()).catch(error => {
  console.error(error);
  process.exit(1);
});
