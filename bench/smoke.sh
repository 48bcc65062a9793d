#!/usr/bin/env bash
# Proves in a few seconds that the harness still runs and that nothing gets lost on the way. Asserts no speed.
# Needs the built package and the root's node_modules, nothing of setup.sh.
set -euo pipefail
cd "$(dirname "$0")"

out=$(mktemp)
trap 'rm -f "$out"' EXIT
node run.mjs --only ws,rocade --rounds 1 --seconds 0.5 --warm-up 0.2 --json "$out"
node --input-type=module - "$out" <<'JS'
import { readFileSync } from 'node:fs';
const { summary } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const wanted = { ws: ['call1', 'call64', 'call256'], rocade: ['call1', 'call64', 'call256', 'event1', 'event16'] };
for (const [driver, metrics] of Object.entries(wanted)) {
  for (const metric of metrics) {
    const figures = summary[driver]?.[metric];
    if (!(figures?.rate > 0)) throw new Error(`${driver}, ${metric}: no figure`);
    if (figures.lost !== 0) throw new Error(`${driver}, ${metric}: ${figures.lost} lost`);
  }
}
console.log('bench smoke: every figure is there, nothing was lost');
JS
