// Generated quads in the shapes of a federated server: one graph per document, four years of dates,
// 32 predicates; a fifth of the boosts embed a copy of two triples of the note.
//
//   node sparql_data.mjs QUADS > data.nq
const target = Number(process.argv[2] ?? 100000);
const AS = 'https://www.w3.org/ns/activitystreams#';
const XSD = 'http://www.w3.org/2001/XMLSchema#';
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
let seed = 42;
const random = (n) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor((seed / 4294967296) * n);
};
const skewed = (n) => Math.floor(n * Math.pow(random(1 << 20) / (1 << 20), 3));
const words = ('cat dog house tree river mountain fediverse server graph query protocol summer ' +
  'winter bread coffee bicycle train music garden night morning letter window street').split(' ');
const text = (n) => Array.from({length: n}, () => words[random(words.length)]).join(' ');
const iri = (s) => `<${s}>`;
const lit = (s, type) => type ? `"${s}"^^<${XSD}${type}>` : JSON.stringify(s);
const users = Math.max(20, Math.floor(target / 2000));
const user = (i) => `https://s${i % 17}.example/users/u${i}`;
const start = Date.UTC(2021, 0, 1), span = 4 * 365 * 86400000;
const date = () => new Date(start + random(1 << 30) / (1 << 30) * span).toISOString().replace(/\.\d+/, '');
let out = [], quads = 0;
const flush = () => { process.stdout.write(out.join('')); out = []; };
const add = (g, s, p, o) => {
  out.push(`${iri(s)} ${iri(p.includes(':') ? p : AS + p)} ${o} ${iri(g)} .\n`);
  ++quads;
  if (out.length > 20000) flush();
};
for (let i = 0; i < users; ++i) {
  const u = user(i);
  add(u, u, RDF + 'type', iri(AS + 'Person'));
  add(u, u, 'preferredUsername', lit('u' + i));
  add(u, u, 'name', lit('User ' + i));
  add(u, u, 'summary', lit(text(8)));
  add(u, u, 'published', lit(date(), 'dateTime'));
  add(u, u, 'http://www.w3.org/ns/ldp#inbox', iri(u + '/inbox'));
  add(u, u, 'outbox', iri(u + '/outbox'));
  add(u, u, 'followers', iri(u + '/followers'));
  add(u, u, 'following', iri(u + '/following'));
  add(u, u, 'manuallyApprovesFollowers', lit(random(2) ? 'true' : 'false', 'boolean'));
  add(u, u, 'https://w3id.org/security#publicKey', iri(u + '#main-key'));
}
const notes = [];
let id = 0;
while (quads < target) {
  const kind = random(100), u = skewed(users), host = `https://s${u % 17}.example`;
  ++id;
  if (kind < 40 || notes.length < 50) {
    const n = `${host}/notes/${id}`, d = date();
    add(n, n, RDF + 'type', iri(AS + 'Note'));
    add(n, n, 'attributedTo', iri(user(u)));
    add(n, n, 'published', lit(d, 'dateTime'));
    add(n, n, 'content', lit(text(12)));
    add(n, n, 'to', iri(AS + 'Public'));
    add(n, n, 'cc', iri(user(u) + '/followers'));
    add(n, n, 'url', iri(`${host}/@u${u}/${id}`));
    if (notes.length && random(3) === 0) {
      add(n, n, 'inReplyTo', iri(notes[Math.max(0, notes.length - 1 - skewed(notes.length))].n));
    }
    if (random(5) === 0) add(n, n, 'summary', lit(text(3)));
    if (random(4) === 0) add(n, n, 'tag', iri(`${host}/tags/${words[random(words.length)]}`));
    if (random(6) === 0) add(n, n, 'attachment', iri(`${host}/media/${id}.png`));
    if (random(10) === 0) add(n, n, AS + 'sensitive', lit('true', 'boolean'));
    notes.push({n, u});
  } else {
    const a = `${host}/activities/${id}`, target = notes[skewed(notes.length)];
    const type = kind < 65 ? 'Like' : kind < 80 ? 'Announce' : 'Follow';
    add(a, a, RDF + 'type', iri(AS + type));
    add(a, a, 'actor', iri(user(u)));
    add(a, a, 'object', iri(type === 'Follow' ? user(skewed(users)) : target.n));
    add(a, a, 'published', lit(date(), 'dateTime'));
    if (type === 'Announce') {
      add(a, a, 'to', iri(AS + 'Public'));
      if (random(5) === 0) {
        add(a, target.n, RDF + 'type', iri(AS + 'Note'));
        add(a, target.n, 'attributedTo', iri(user(target.u)));
      }
    }
  }
}
flush();
