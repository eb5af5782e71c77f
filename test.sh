#!/usr/bin/env bash
# Runs the tests. Installs the programs that they need and the machine lacks, on Debian and Ubuntu.
#
#   ./test.sh           all tests
#   ./test.sh --fast    the fast lane: units, the store's contract, the pages' main ways
#   ./test.sh --long    all tests, with races and torture runs of full length
#
# Other arguments go to dotnet test, for example: ./test.sh --filter Threats
# TESTS_RESULTS names a folder in which the result files (.trx) are to stay, with the time that each test took.
# The last line reads "N passed, N failed". A pass that leaves no complete result, or ran fewer tests than the code has
# for it, counts as a failure.
set -uo pipefail
cd "$(dirname "$0")"

lane=whole
case "${1:-}" in
  --fast) lane=fast; shift ;;
  --long) lane=long; shift ;;
esac

missing=()
for program in redis-server chromium nginx; do
  command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || missing+=("$program")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  if command -v apt-get >/dev/null && { [ -z "$sudo" ] || command -v sudo >/dev/null; }; then
    $sudo apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${missing[@]}" >/dev/null || {
        echo "Could not install: ${missing[*]}" >&2; exit 1; }
  else
    echo "The tests need these programs on the PATH: ${missing[*]}. Please install them." >&2; exit 1
  fi
fi

# The processes of a test run live for minutes at most: code that is compiled once, and quickly, is the fastest, and
# memory is there to be used. (The numbers are hexadecimal.)
export DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=1F4 DOTNET_EnableWriteXorExecute=0 DOTNET_GCgen0size=4000000
[ "$lane" = long ] && export TESTS_LONG=1

if [ -n "${TESTS_RESULTS:-}" ]; then
  results=$TESTS_RESULTS; mkdir -p "$results"
else
  results=$(mktemp -d); trap 'rm -rf "$results"' EXIT
fi
passed=0 failed=0

# A number out of the summary of a pass; nothing if the file is not there or not whole.
count() { grep -o '<Counters [^>]*>' "$results/$1.trx" 2>/dev/null | grep -o " $2=\"[0-9]*\"" | tr -dc 0-9; }

# pass NAME ARGUMENTS...: one run of dotnet test. CompletenessTests writes down how many tests a pass has.
pass() {
  local name=$1 ran good bad expected status; shift
  TESTS_EXPECTED="$results/$name.expected" \
    dotnet test WebApp.Tests --nologo --results-directory "$results" --logger "trx;LogFileName=$name.trx" "$@"
  status=$?
  ran=$(count "$name" executed) good=$(count "$name" passed) bad=$(count "$name" failed)
  expected=$(cat "$results/$name.expected" 2>/dev/null)
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0}))
  if [ -z "$ran" ] || { [ "$lane" != some ] && [ "$ran" -lt "${expected:-$((ran + 1))}" ]; }; then
    echo "The pass \"$name\" is not complete: ${ran:-no} tests ran of ${expected:-an unknown number}." >&2
    failed=$((failed + 1))
  elif [ "$status" != 0 ] && [ "${bad:-0}" = 0 ]; then
    echo "The pass \"$name\" ended with exit code $status." >&2
    failed=$((failed + 1))
  fi
}

[ $# -gt 0 ] && lane=some
case $lane in
  some) pass some "$@" ;;
  fast) TESTS_PASS=Fast pass fast --filter "Lane=Fast" ;;
  long) TESTS_PASS=Long pass long ;;
  *) TESTS_PASS=Whole pass whole --filter "Lane!=Long" ;;
esac

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
