// Asks Oxigraph (npm) what sparql_differential asked, and compares; reads its lines from standard
// input. Exit 1: some answers differ, which are shown.
import {createRequire} from 'node:module';
import {createInterface} from 'node:readline';
const require = createRequire(new URL('../npm/', import.meta.url));
const oxigraph = require('oxigraph');
const XSD = 'http://www.w3.org/2001/XMLSchema#';
const prefixes = `PREFIX as: <https://www.w3.org/ns/activitystreams#>\nPREFIX xsd: <${XSD}>\n`;

// Numbers by their value: how they are spelt is for each to choose.
const normal = (text) => {
  const number = /^"([^"]*)"\^\^<http:\/\/www\.w3\.org\/2001\/XMLSchema#(integer|decimal|double|float)>$/.exec(text);
  if (!number) return text.replace(/@([A-Za-z-]+)$/, (tag) => tag.toLowerCase());
  const value = number[1] === 'INF' ? Infinity : number[1] === '-INF' ? -Infinity : Number(number[1]);
  return `${value.toPrecision(6)} ${number[2]}`;
};
const rowsOf = (answer, names) => answer.map((row) => row instanceof Map
  ? names.map((name) => { const term = row.get(name); return term === undefined ? '' : normal(term.toString()); })
  : [row.subject, row.predicate, row.object].map((term) => normal(term.toString())));
const namesOf = (query) => {
  let head = query.slice(0, query.indexOf('{')), before;
  do { before = head; head = head.replace(/\((?!\s*\))(?:[^()]*AS\s+(\?\w+)\s*|[^()]*)\)/g, '$1'); } while (head !== before);
  return [...head.matchAll(/\?(\w+)/g)].map((match) => match[1]);
};

// Where Oxigraph 0.5.11 leaves the specification, so that nothing can be said of such a query:
const oddities = [
  /(FILTER|IF)\(|&&|\|\||\(!/,  // a text with a language is no truth, against 17.2.2
  /<[^>]*> \S*[*?] |[*?] </,  // a path of no length at a term that is in no triple is none
  /^SELECT[^{]*(COUNT|SUM).*!</,  // how often !... gives a pair depends on which ends are bound
  /(\?\w) [<>]=? \1/,  // an IRI is no less than itself there; it is an error (17.3)
];
const isOdd = (query, answer) => oddities.slice(data.includes('"@en') || query.includes('"@en') ? 0 : 1)
  .some((known) => known.test(query)) ||
  (query.startsWith('SELECT (COUNT(*)') && answer === '');  // of a constant false: no row at all

let store, data, done = [], skip = false, asked = 0, failed = 0, both = 0, odd = 0;
for await (const line of createInterface({input: process.stdin})) {
  if (!line.startsWith('{')) continue;
  const given = JSON.parse(line);
  if (skip && given.data === undefined) continue;  // the two hold different things from here on
  if (given.data !== undefined) {
    data = given.data;
    [done, skip] = [[], false];
    store = new oxigraph.Store();
    store.load(data, {format: 'application/n-quads'});
    continue;
  }
  ++asked;
  if (given.update !== undefined) {
    let theirs, refused = false, ours = (given.after ?? []).map((row) => String(row.map(normal))).sort().join('\n');
    try {
      store.update(prefixes + given.update);
      const text = (term) => term.termType === 'BlankNode' ? '_:b' : term.termType === 'DefaultGraph' ? '' : normal(term.toString());
      theirs = store.match().map((quad) => [quad.subject, quad.predicate, quad.object, quad.graph].map(text).join(',')).sort().join('\n');
    } catch (trouble) { [theirs, refused] = [String(trouble), true]; }
    if (given.error !== undefined) ours = given.error;
    if (given.error !== undefined && refused) { ++both; continue; }
    done.push(given.update);
    if (theirs === ours) continue;
    skip = true;
    if (isOdd(given.update, theirs)) { ++odd; continue; }
    if (++failed <= 10) console.log(`${done.join('\n')}\n--- data\n${data}--- Oxigraph\n${theirs}\n--- ours\n${ours}\n`);
    continue;
  }
  let answer, error;
  try { answer = store.query(prefixes + given.query); } catch (trouble) { error = String(trouble); }
  if (error !== undefined && given.error !== undefined) { ++both; continue; }
  let theirs, ours;
  if (typeof answer === 'boolean') {
    [theirs, ours] = [String(answer), String(given.answer)];
  } else if (answer !== undefined && given.answer !== undefined) {
    const names = namesOf(given.query);
    let there = rowsOf(answer, names), here = given.answer.map((row) => row.map(normal));
    if (given.ordered) {  // by ?c; what else comes first among equals is for each to choose
      const at = names.indexOf('c');
      [there, here] = [there, here].map((rows) => rows.map((row) => row[at]));
    }
    [theirs, ours] = [there, here].map((rows) => {
      const lines = rows.map((row) => String(row));
      if (!given.ordered) lines.sort();
      return lines.join('\n');
    });
    // Triples are a set, and so are the pairs of !..., 18.4.
    if (!given.query.startsWith('SELECT') || given.query.includes('!<')) [theirs, ours] = [theirs, ours].map((text) => [...new Set(text.split('\n'))].join('\n'));
  } else {
    [theirs, ours] = [error ?? 'an answer', given.error ?? 'an answer'];
  }
  if (theirs === ours) continue;
  if (isOdd(given.query, theirs)) { ++odd; continue; }
  if (++failed <= 10) console.log(`${given.query}\n--- data\n${data}--- Oxigraph\n${theirs}\n--- ours\n${ours}\n`);
}
console.log(`${asked} queries, ${failed} with other answers than Oxigraph's (${both} refused by both, ${odd} where Oxigraph is known to be odd)`);
process.exit(failed || !asked ? 1 : 0);
