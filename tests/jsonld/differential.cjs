// Makes documents, and says what jsonld.js makes of them: one line of JSON for each, with
// "document", "expanded" and "quads" (N-Quads), or "error". Read by differential_test.cpp.
//
//   node differential.cjs COUNT [SEED]
'use strict';
const path = require('path');
const modules = path.join(__dirname, '..', 'npm', 'node_modules');
const jsonld = require(path.join(modules, 'jsonld'));
const {NQuads} = require(path.join(modules, 'rdf-canonize'));

const [count, first] = [Number(process.argv[2]), Number(process.argv[3] || 1)];
const BASE = 'https://example.org/folder/document';

// mulberry32
function random_of(seed) {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Generator {
  constructor(seed) {
    this.random = random_of(seed);
  }
  below(n) { return Math.floor(this.random() * n); }
  chance(p) { return this.random() < p; }
  pick(list) { return list[this.below(list.length)]; }

  iri() {
    return this.pick(['http://a.example/x', 'https://b.example/y#z', 'ex:thing', 'relative', '../up',
                      '#fragment', '?query', '//c.example/d', '_:b0', '_:b1', 'urn:x:y', 'plain',
                      'xsd:integer', '/rooted/./path/../q']);
  }
  text() {
    return this.pick(['', 'text', 'ein Wört', '\u0001\n"\\', '2025-01-01', '7', 'true', '\u20ac\u{1f600}']);
  }
  scalar() {
    // Not numbers that JavaScript writes with an exponent and no point: jsonld.js takes 1e-7 for the
    // integer 0.
    return this.pick([this.text(), this.text(), this.iri(), 0, 1, -5, 1.5, 0.1, 1.5e300, 12345678,
                      true, false, null]);
  }
  value_object() {
    const value = {'@value': this.pick([this.text(), 5, 1.25, true, this.text(), null])};
    if (this.chance(0.4)) value['@type'] = this.pick(['xsd:date', 'ex:type', 'http://a.example/t']);
    else if (typeof value['@value'] === 'string' && this.chance(0.5)) {
      value['@language'] = this.pick(['en', 'de-at', 'fr']);
    }
    if (this.chance(0.15)) value['@index'] = 'i';
    return value;
  }
  // A value for a property with this definition.
  value(depth, kind) {
    if (kind === 'language') {
      return this.chance(0.8) ? {en: this.text(), de: [this.text(), this.text()]} : this.text();
    }
    if (kind === 'index' || kind === 'id' || kind === 'type') {
      const map = {};
      for (let i = this.below(3); i >= 0; i--) {
        const key = kind === 'index' ? this.pick(['k1', 'k2']) : this.pick(['ex:k', 'http://a.example/k']);
        map[key] = kind === 'index' && this.chance(0.4) ? this.text() : this.node(depth - 1);
      }
      return map;
    }
    // Only numbers: jsonld.js makes NaN of a text of this type.
    if (kind === 'double') return this.pick([0, 1, 2.5, -0.125, 1.5e300]);
    if (kind === 'json') return this.pick([{b: [1, null], a: 'x'}, [], 'x', 1.5, true]);
    const roll = this.random();
    if (depth <= 0 || roll < 0.4) return this.scalar();
    if (roll < 0.55) return this.node(depth - 1);
    if (roll < 0.65) return this.value_object();
    if (roll < 0.72 && kind !== 'list') {
      // Not arrays in it: jsonld.js makes them lists, also where no container says so (5.2.2).
      return {'@list': this.several(depth - 1, 3).filter(
          item => !Array.isArray(item) && !(item && item['@set']))};
    }
    if (roll < 0.77) return {'@set': this.several(depth - 1, 3)};
    if (roll < 0.82) return {'@id': this.iri()};
    return this.several(depth - 1, 4, kind);
  }
  several(depth, most, kind) {
    const items = [];
    for (let i = this.below(most + 1); i > 0; i--) {
      const item = this.value(depth, kind === 'list' ? 'list' : undefined);
      // Lists of lists by arrays are compared too, but not sets inside of them.
      items.push(item);
    }
    return items;
  }
  node(depth) {
    const node = {};
    if (this.chance(0.15) && depth > 0) node['@context'] = this.context(depth - 1);
    if (this.chance(0.6)) node[this.pick(['@id', 'id'])] = this.iri();
    if (this.chance(0.5)) {
      const type = () => this.pick(['ex:T', 'Typed', 'http://a.example/T', 'Plain']);
      node[this.pick(['@type', 'type'])] = this.chance(0.3) ? [type(), type()] : type();
    }
    const kinds = {list: 'list', set: 'set', names: 'language', by: 'index', ids: 'id', types: 'type',
                   json: 'json', double: 'double'};
    const keys = ['name', 'ref', 'vref', 'num', 'double', 'date', 'list', 'set', 'names', 'by', 'ids', 'types',
                  'json', 'ex:p', 'http://a.example/q', 'undefined', 'scoped', 'dropped', 'plain', 'term',
                  'notag'];
    for (let i = this.below(5); i > 0; i--) {
      const key = this.pick(keys);
      if (!(key in node)) node[key] = this.value(depth, kinds[key]);
    }
    if (depth > 0 && this.chance(0.06)) node['back'] = this.node(depth - 1);
    // Not both: whether they collide depends on which comes first, and jsonld.js sorts them.
    else if (depth > 0 && this.chance(0.06)) node['@reverse'] = {'ex:r': this.node(depth - 1)};
    // Of what says nothing nothing is left, and nothing is included; an error in jsonld.js.
    if (depth > 0 && this.chance(0.05)) {
      node['@included'] = [{'http://a.example/says': 'something', ...this.node(depth - 1)}];
    }
    if (depth > 0 && this.chance(0.05)) node['nested'] = {name: this.value(0)};
    if (this.chance(0.05)) node['@index'] = 'x';
    if (node['@type'] === 'Typed' && this.chance(0.6)) node.inner = this.iri();
    // jsonld.js leaves a type's context only after it has entered that of a property (steps 7, 8).
    if ([node['@type'], node.type].flat().includes('Typed')) {
      for (const key of ['scoped', 'ids', 'types', 'by']) delete node[key];
    }
    if (depth > 0 && this.chance(0.05)) node['@graph'] = [this.node(depth - 1)];
    return node;
  }
  context(depth) {
    const all = {
      '@vocab': () => this.pick(['http://vocab.example/', 'ex:v/', null, 'http://vocab.example/#']),
      '@language': () => this.pick(['en', null, 'de']),
      // Not null: a relative one after it is an error (5.7.4) that jsonld.js does not see. Relative
      // only at the top: jsonld.js applies the one of a scoped context twice.
      '@base': () => this.pick(['http://base.example/a/b', depth === 2 ? 'sub/' : 'http://b.example/']),
      xsd: () => 'http://www.w3.org/2001/XMLSchema#',
      ex: () => this.pick(['http://ex.example/', 'http://ex.example/', 'http://other.example/#']),
      id: () => '@id',
      type: () => '@type',
      name: () => this.pick(['ex:name', {'@id': 'http://a.example/name'}, null]),
      ref: () => ({'@id': 'ex:ref', '@type': '@id'}),
      vref: () => ({'@id': 'ex:vref', '@type': '@vocab'}),
      num: () => ({'@id': 'ex:num', '@type': this.pick(['xsd:integer', 'ex:dt'])}),
      double: () => ({'@id': 'ex:double', '@type': 'xsd:double'}),
      date: () => ({'@id': 'ex:date', '@type': 'http://www.w3.org/2001/XMLSchema#dateTime'}),
      list: () => ({'@id': 'ex:list', '@container': '@list', ...(this.chance(0.5) ? {'@type': '@id'} : {})}),
      set: () => ({'@id': 'ex:set', '@container': '@set'}),
      names: () => ({'@id': 'ex:names', '@container': '@language'}),
      by: () => ({'@id': 'ex:by', '@container': this.chance(0.5) ? '@index' : ['@index', '@set']}),
      ids: () => ({'@id': 'ex:ids', '@container': '@id'}),
      types: () => ({'@id': 'ex:types', '@container': '@type'}),
      json: () => ({'@id': 'ex:json', '@type': '@json'}),
      notag: () => ({'@id': 'ex:notag', '@language': null}),
      back: () => ({'@reverse': 'ex:back'}),
      nested: () => '@nest',
      dropped: () => null,
      term: () => this.pick(['ex:term', {'@id': 'ex:term', '@language': 'fr'}]),
      // Adds a term, no more: jsonld.js leaves it where a value has several entries (step 7), and
      // stays in it inside of @id maps (13.8.3.1).
      Typed: () => ({'@id': 'ex:Typed', '@context': {inner: {'@id': 'ex:inner', '@type': '@id'}}}),
      // Does not define itself anew: jsonld.js applies it to an array and then to its items.
      scoped: () => ({'@id': 'ex:scoped', ...(depth > 0 ? {'@context': this.context(0)} : {})}),
    };
    if (this.chance(0.05)) return null;
    const context = {};
    const whole = this.chance(0.5);
    for (const [key, make] of Object.entries(all)) {
      const wanted = key === 'xsd' || key === 'ex' || (key.startsWith('@') ? this.chance(0.15)
                                                                           : whole || this.chance(0.4));
      if (wanted) context[key] = make();
    }
    if (this.chance(0.1)) return [context, this.chance(0.5) ? {} : {term: 'http://a.example/t2'}];
    return context;
  }
  document() {
    const document = {'@context': this.context(2), ...this.node(3)};
    return this.chance(0.1) ? [document, this.node(2)] : document;
  }
}

async function main() {
  const options = {base: BASE};
  for (let i = 0; i < count; i++) {
    const document = new Generator(first + i).document();
    const line = {document};
    try {
      line.expanded = await jsonld.expand(document, options);
      // A value that is not well-formed becomes a quad without an object there: no quad here.
      const quads = await jsonld.toRDF(document, options);
      line.quads = NQuads.serialize(quads.filter(quad => quad.object));
    } catch (error) {
      line.error = (error.details && error.details.code) || error.message;
    }
    if (!process.stdout.write(JSON.stringify(line) + '\n')) {
      await new Promise(resolve => process.stdout.once('drain', resolve));
    }
  }
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
