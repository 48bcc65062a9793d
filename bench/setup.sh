#!/usr/bin/env bash
# Installs the peers that rocade is measured against. Safe to run again: what is there is kept.
# Needs Node, Python 3 with venv, and Go. Without Python or Go the peer in question is left out of the runs.
set -euo pipefail
cd "$(dirname "$0")"

crossbar_version=26.10.1
nats_version=v2.15.2

mkdir -p .tools

if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  # None of the peers needs its install scripts here.
  npm ci --ignore-scripts --no-audit --no-fund
fi

if [ -x ../test/interop/.peers/python/bin/crossbar ] || [ -x .tools/crossbar/bin/crossbar ]; then
  echo 'Crossbar.io: there'
elif command -v python3 >/dev/null; then
  python3 -m venv .tools/crossbar
  .tools/crossbar/bin/pip install --quiet --disable-pip-version-check "crossbar==$crossbar_version"
else
  echo 'Crossbar.io: left out, there is no python3' >&2
fi

if [ -x .tools/bin/nats-server ]; then
  echo 'nats-server: there'
elif command -v go >/dev/null; then
  GOBIN="$PWD/.tools/bin" go install "github.com/nats-io/nats-server/v2@$nats_version"
else
  echo 'nats-server: left out, there is no go' >&2
fi

if [ ! -f ../dist/cli/main.js ]; then
  echo 'rocade itself is not built yet: npm run build' >&2
fi
