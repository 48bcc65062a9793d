#!/usr/bin/env bash
# Installs the other WAMP software that the interop tests talk to: Crossbar.io (with autobahn-python) and xconn in
# a Python environment of their own, autobahn-js, wampy and fox-wamp beside the scripts that drive them.
# Safe to run again; done in a second when everything is there. Needs Node with npm; Python 3.11 or later is
# installed with apt where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

python_env=.peers/python
python_mark=$python_env/requirements.installed
node_mark=peers/node_modules/lock.installed

fits() { # a Python that can run the peers and make environments
  command -v "$1" >/dev/null && "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local candidate
  for candidate in python3 python3.11 python3.12 python3.13; do
    if fits "$candidate"; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

apt_python() {
  local sudo=
  if [ "$(id -u)" != 0 ]; then sudo=sudo; fi
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-venv ca-certificates
}

if ! cmp -s peers/requirements.txt "$python_mark"; then
  python=$(find_python) || { apt_python && python=$(find_python); } || {
    echo 'interop setup: needs Python 3.11 or later with venv' >&2
    exit 1
  }
  rm -rf "$python_env"
  "$python" -m venv "$python_env"
  # The two UBJSON codecs have no wheels; their pure Python halves do here, so that no compiler is needed.
  PYUBJSON_NO_EXTENSION=1 PYBJDATA_NO_EXTENSION=1 \
    "$python_env/bin/pip" install --quiet --disable-pip-version-check --requirement peers/requirements.txt
  cp peers/requirements.txt "$python_mark"
fi

if ! cmp -s peers/package-lock.json "$node_mark"; then
  # Without scripts: the native add-ons are optional for what the tests use. autobahn asks for Node 22 because of its
  # built-in WebSocket; the tests give it one, so the engine warning is of no consequence.
  npm install --prefix peers --ignore-scripts --omit=optional --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error
  cp peers/package-lock.json "$node_mark"
fi

echo 'interop setup: the peers are installed'
