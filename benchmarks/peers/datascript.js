// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The queries of the benchmark in DataScript, which scripts/bench fetches from npm: a line of JSON a query, {name, rows, us}.
//
// usage: node datascript.js DATA_DIRECTORY MODULES_DIRECTORY
"use strict";
const fs = require("fs");
const path = require("path");
const [data, modules] = process.argv.slice(2);
const d = require(path.resolve(modules, "datascript")); // a relative path would be the name of a module

const lines = (file) => fs.readFileSync(path.join(data, file), "utf8").trim().split("\n").map((line) => line.split("\t"));
const index = { ":db/index": true };
const one = (names, more) => Object.fromEntries(names.map((name) => [name, { ...index, ...more }]));
const reference = { ":db/valueType": ":db.type/ref" };

function people() {
  const schema = { ...one(["name", "last-name", "sex", "age", "salary"]), follows: { ...reference, ":db/cardinality": ":db.cardinality/many" } };
  const facts = [];
  for (const [id, name, last, sex, age, salary] of lines("people20k.tsv")) {
    facts.push({ ":db/id": +id, name, "last-name": last, sex: ":" + sex, age: +age, salary: +salary });
  }
  for (let i = 2; i <= 20000; i += 2) facts.push([":db/add", i, "follows", ((i * 7919) % 20000) + 1]);
  return d.db_with(d.empty_db(schema), facts);
}

function joins() {
  const schema = { ...one(["div/name", "d/name", "d/budget", "p/name", "p/salary"]), ...one(["d/div", "p/dept"], reference) };
  const facts = [];
  for (let i = 0; i < 10; ++i) facts.push({ ":db/id": 1 + i, "div/name": "div-" + i });
  for (let i = 0; i < 100; ++i) facts.push({ ":db/id": 11 + i, "d/name": "dept-" + i, "d/budget": i * 5000, "d/div": 1 + (i % 10) });
  for (const [id, name, , , , salary] of lines("people20k.tsv")) {
    facts.push({ ":db/id": 110 + +id, "p/name": name + "-" + id, "p/salary": +salary, "p/dept": 11 + ((+id * 31) % 100) });
  }
  return d.db_with(d.empty_db(schema), facts);
}

function graph(file) {
  const facts = lines(file).map(([from, to]) => [":db/add", +from, "follows", +to]);
  return d.db_with(d.empty_db({ follows: { ...reference, ":db/cardinality": ":db.cardinality/many" } }), facts);
}

/// The query as DataScript's JavaScript wants it: attributes and keywords are strings.
function translated(query) {
  const where = query.indexOf(":where");
  const quoted = (text) => text.replace(/:([a-z][a-z\-/]*)(?=[\s\]])/g, (all, name) => (["male", "female"].includes(name) ? `":${name}"` : `"${name}"`));
  return where < 0 ? quoted(query) : query.slice(0, where) + ":where" + quoted(query.slice(where + 6));
}

function measure(work) {
  let rows = work();
  const samples = [];
  const begin = process.hrtime.bigint();
  while (samples.length < 9 && (samples.length < 3 || process.hrtime.bigint() - begin < 3000000000n)) {
    const from = process.hrtime.bigint();
    let times = 0;
    do {
      rows = work();
      ++times;
    } while (process.hrtime.bigint() - from < 20000000n);
    samples.push(Number(process.hrtime.bigint() - from) / 1000 / times);
  }
  samples.sort((a, b) => a - b);
  return { rows: rows, us: samples[samples.length >> 1] };
}
const count = (result) => (Array.isArray(result) ? result.length : 1);
function report(name, work) {
  const { rows, us } = measure(work);
  console.log(JSON.stringify({ name, rows, us }));
}

const databases = { people: people(), joins: joins() };
for (const line of fs.readFileSync(path.join(data, "queries.edn"), "utf8").split("\n")) {
  const found = line.match(/^\s*\[*:(\S+) :(\S+) (\[:find.*\]) (\[.*\])\]+$/);
  if (!found) continue;
  const [, name, database, query] = found;
  if (!(database in databases)) continue; // what DataScript has no history for; closures are below
  const inputs = [];
  if (name === "qpred2") inputs.push(50000);
  if (name === "q-rule") inputs.push('[[(follow ?a ?b) [?a "follows" ?b]]]');
  report(name, () => count(d.q(translated(query), databases[database], ...inputs)));
}
const reach = '[[(reach ?x ?y) [?x "follows" ?y]] [(reach ?x ?y) [?x "follows" ?t] (reach ?t ?y)]]';
for (const name of ["wide_7x3", "long_30x5"]) {
  const db = graph(name + ".tsv");
  report("closure " + name, () => count(d.q("[:find ?e ?e2 :in $ % :where (reach ?e ?e2)]", db, reach)));
}
const ids = lines("people20k.tsv").slice(0, 1000).map(([id]) => +id);
report("pull 4 attributes", () => ids.map((id) => d.pull(databases.people, '["name" "last-name" "sex" "age"]', id)).length);
report("pull *", () => ids.map((id) => d.pull(databases.people, '["*"]', id)).length);
