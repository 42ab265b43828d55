#!/usr/bin/env bash
# What `--jobs 2` saves: `doctool check` of pages on a warm cloud with two jobs beside one, in turns, so that
# both have the same machine. First of the project's own pages, most of which change things and so run
# alone, then of as many pages that only read. Needs jq. Prints the ratios of the medians.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${DOCTOOL:-}" ]; then
  cargo build --release --quiet
  DOCTOOL="$PWD/target/release/doctool"
fi
"$DOCTOOL" cloud up > /dev/null 2>&1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/own" "$folder/reading/docs"
cp -r docs mkdocs.yml doctool.yml "$folder/own"
echo 'site_name: Reading' > "$folder/reading/mkdocs.yml"
for number in 0 1 2 3 4 5 6 7 8 9; do
  printf '# Page %s\n\n``` console\n$ openstack image list --format value\n```\n' "$number" \
    > "$folder/reading/docs/page-$number.md"
done

# Seconds of a check; what it finds does not matter here.
seconds() {
  local start end
  start=$(date +%s.%N)
  (cd "$folder/$1" && "$DOCTOOL" check docs --jobs "$2" > /dev/null 2>&1) || true
  end=$(date +%s.%N)
  echo "$end - $start" | bc
}

for pages in own reading; do
  one="$folder/$pages-1" two="$folder/$pages-2"
  seconds "$pages" 1 > /dev/null
  for _ in $(seq "${RUNS:-5}"); do
    seconds "$pages" 1 >> "$one"
    seconds "$pages" 2 >> "$two"
  done
  jq -n -r --arg pages "$pages" --slurpfile one "$one" --slurpfile two "$two" \
    'def median: sort | .[length / 2 | floor];
     "\($pages): --jobs 2 takes \(($two | median) / ($one | median) * 100 | round / 100) times --jobs 1"'
done
