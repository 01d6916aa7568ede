#!/usr/bin/env bash
# Write requirements.lock and requirements-dev.lock from pyproject.toml: for every platform and for
# Python 3.11 and newer, with checksums, and with no word about where packages were fetched from.
# To take newer versions: tools/lock.sh --upgrade
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
  local lock=$1
  shift
  uv pip compile pyproject.toml --group pyproject.toml:build "$@" --output-file "$lock" \
    --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links \
    --custom-compile-command "make lock" --quiet
}

compile requirements.lock --extra embedded "$@"
compile requirements-dev.lock --extra dev --constraint requirements.lock "$@"
