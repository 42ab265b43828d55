#!/usr/bin/env bash
# What doctool adds to a command: `doctool refresh` of one page on a warm cloud beside the bare
# command on the same cloud without proxy. Needs hyperfine and jq. Prints the ratio of the medians.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
doctool="$PWD/target/release/doctool"
eval "$("$doctool" cloud up 2> /dev/null | grep '^  export ')"
results=$(mktemp)
trap 'rm -f "$results"' EXIT
hyperfine --warmup 2 --runs "${RUNS:-15}" --export-json "$results" \
  "$doctool refresh docs/openstack/image/list" \
  'openstack image list --all'
jq -r '.results | map(.median) | "refresh takes \(.[0] / .[1] * 100 | round / 100) times the bare command"' "$results"
