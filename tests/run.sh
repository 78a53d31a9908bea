#!/usr/bin/env bash
# Builds the whole solution and runs every test. The last line is the sum: "<n> passed, <n> failed, <n> skipped".
#
#   bash tests/run.sh          everything, with the real services of the system tests (installed or built when missing)
#   bash tests/run.sh --fast   unit, component and host tests only: no real services
#
# Needs the .NET SDK 10 and Node.js. Exit code 0 means: built without a warning, no test failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. tests/provision/common.sh

usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

fast=no
for argument in "$@"; do
  case "$argument" in
    --fast) fast=yes ;;
    -h|--help) usage; exit 0 ;;
    *) echo "tests/run.sh: unknown argument '$argument'"; usage; exit 2 ;;
  esac
done

started=$SECONDS
results=artifacts/test-results
passed=0 failed=0 skipped=0
faults=()

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# No compiler or build node outlives this run with its output still open: whoever reads that would wait for it.
export MSBUILDDISABLENODEREUSE=1

finish() {
  say "finished after $((SECONDS - started)) s"
  if [ "${#faults[@]}" -gt 0 ]; then
    echo "Not well:"
    printf '  - %s\n' "${faults[@]}"
  fi
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

# A stage that is no test counts as one failure in the sum; nothing after a failed build would mean anything.
stage() {
  local title="$1" begun=$SECONDS
  shift
  say "$title"
  if "$@"; then
    say "$title: $((SECONDS - begun)) s"
    return 0
  fi
  failed=$((failed + 1))
  faults+=("$title failed: $*")
  return 1
}

needed() {
  local missing=no
  if ! have dotnet || ! dotnet --list-sdks | grep -q '^10\.'; then
    say "the .NET SDK 10 is missing: https://dotnet.microsoft.com/download/dotnet/10.0"
    missing=yes
  fi
  if ! have node || ! have npm; then
    say "Node.js 20 or later with npm is missing: the page's scripts are bundled with it (package 'nodejs' and 'npm', or nodejs.org)"
    missing=yes
  fi
  [ "$missing" = no ]
}

# Type check and unit tests of the page's own scripts, where they say how.
client_scripts() {
  local client=src/MeshConsole/Client script
  if [ ! -f "$client/package.json" ]; then
    return 0
  fi
  if [ ! -f "$client/node_modules/.package-lock.json" ] || [ "$client/package-lock.json" -nt "$client/node_modules/.package-lock.json" ]; then
    (cd "$client" && npm ci --no-audit --no-fund --loglevel=error) || return 1
  fi
  for script in check test; do
    if node -e "process.exit(require('./$client/package.json').scripts?.['$script'] ? 0 : 1)"; then
      (cd "$client" && npm run --silent "$script") || return 1
    fi
  done
}

# Number in an attribute of the <Counters> element of a result file.
counter() { sed -nE "s/.*<Counters[^>]*[[:space:]]$2=\"([0-9]+)\".*/\1/p" "$1" | head -n 1; }

# Each failed test of a result file with the start of what it says, a line each: the sum at the end is all that some readers see.
failed_tests() {
  node -e '
    const text = require("fs").readFileSync(process.argv[1], "utf8");
    const plain = xml => xml.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, "\"").replace(/&#x[AD];/gi, " ").replace(/&amp;/g, "&").replace(/\s+/g, " ").trim();
    for (const [, attributes, body] of text.matchAll(/<UnitTestResult ([^>]*outcome="Failed"[^>]*)>([\s\S]*?)<\/UnitTestResult>/g)) {
      const name = plain(attributes.match(/testName="([^"]*)"/)?.[1] ?? "?");
      console.log(`${name}: ${plain(body.match(/<Message>([\s\S]*?)<\/Message>/)?.[1] ?? "no message").slice(0, 400)}`);
    }' "$1"
}

run_tests() {
  local project="$1" name log verbosity=minimal status=0 total executed good begun=$SECONDS
  name="$(basename "$project")"
  log="$results/$name.trx"
  case "$name" in *.System.Tests) verbosity=normal ;; esac

  say "$name"
  dotnet test "$project" --no-build --nologo --results-directory "$results" \
    --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=$verbosity" \
    --blame-hang-timeout 6m --blame-hang-dump-type none || status=$?

  if [ ! -s "$log" ]; then
    failed=$((failed + 1))
    faults+=("$name ended with code $status and left no results")
    return
  fi

  total="$(counter "$log" total)" executed="$(counter "$log" executed)" good="$(counter "$log" passed)"
  total="${total:-0}" executed="${executed:-0}" good="${good:-0}"
  say "$name: $good passed, $((executed - good)) failed, $((total - executed)) skipped, $((SECONDS - begun)) s"
  passed=$((passed + good))
  failed=$((failed + executed - good))
  skipped=$((skipped + total - executed))
  if [ "$executed" -ne "$good" ]; then
    faults+=("$name: of $executed tests $((executed - good)) failed (artifacts/test-results/$name.trx):"$'\n'"$(failed_tests "$log" | sed 's/^/      /')")
  elif [ "$status" -ne 0 ]; then
    # All that ran was well, and yet not all is: the host crashed or hung after some of the tests.
    failed=$((failed + 1))
    faults+=("$name: the test host ended with code $status")
  fi
}

stage "looking for the tools of the build" needed || finish
if [ "$fast" = no ]; then
  bash tests/provision/provision.sh
fi

rm -rf "$results"
mkdir -p "$results"
stage "restore" dotnet restore MeshConsole.sln --nologo -v quiet || finish
stage "build, warnings are errors" dotnet build MeshConsole.sln --no-restore --nologo -v quiet || finish
stage "whitespace as .editorconfig asks" dotnet format whitespace MeshConsole.sln --no-restore --verify-no-changes || true
stage "client scripts" client_scripts || true

for project in tests/MeshConsole.*Tests; do
  case "$project" in
    *.System.Tests) ;;
    *) run_tests "$project" ;;
  esac
done
if [ "$fast" = no ]; then
  run_tests tests/MeshConsole.System.Tests
fi
finish
