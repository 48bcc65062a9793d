// Shows where the CPU of a `.cpuprofile` went (`run.mjs --profile dir` writes them): self time by function and by file.
//
//   node bench/profile.mjs file.cpuprofile [rows]

import { readFileSync } from 'node:fs';

const [file, rows = '25'] = process.argv.slice(2);
if (!file) {
  console.error('usage: node bench/profile.mjs file.cpuprofile [rows]');
  process.exit(2);
}
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
const byId = new Map(nodes.map((node) => [node.id, node]));
const functions = new Map();
const files = new Map();
let busy = 0;
const add = (map, key, time) => map.set(key, (map.get(key) ?? 0) + time);

const place = (url) =>
  url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .replace(/^.*\/(dist|bench)\//, '$1/');

samples.forEach((id, index) => {
  const { functionName, url, lineNumber } = byId.get(id).callFrame;
  if (functionName === '(idle)' || functionName === '(root)') return;
  const time = timeDeltas[index];
  busy += time;
  const where = url ? place(url) : functionName.startsWith('(') ? functionName : 'native';
  add(functions, `${functionName || '(anonymous)'}${url ? ` ${where}:${lineNumber + 1}` : ''}`, time);
  add(files, where, time);
});

const show = (title, map) => {
  console.log(`\n${title}`);
  for (const [name, time] of [...map].sort((a, b) => b[1] - a[1]).slice(0, Number(rows))) {
    console.log(`${((100 * time) / busy).toFixed(1).padStart(6)} %  ${name}`);
  }
};
console.log(`busy ${(busy / 1e6).toFixed(2)} s`);
show('self time by function', functions);
show('self time by file', files);
