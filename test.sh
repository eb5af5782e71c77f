#!/usr/bin/env bash
# Runs all tests, those on Redis also with the local cache on. Installs what they need and the machine lacks: redis-server and chromium, on Debian and Ubuntu.
# The last line reads "N passed, N failed". Arguments go to dotnet test, for example: ./test.sh --filter Threats
set -uo pipefail
cd "$(dirname "$0")"

missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v chromium >/dev/null || missing+=(chromium)
if [ ${#missing[@]} -gt 0 ]; then
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  if command -v apt-get >/dev/null && { [ -z "$sudo" ] || command -v sudo >/dev/null; }; then
    $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "${missing[@]}" >/dev/null || {
      echo "Could not install: ${missing[*]}" >&2; exit 1; }
  else
    echo "The tests need these programs on the PATH: ${missing[*]}. Please install them." >&2; exit 1
  fi
fi

results=$(mktemp -d); trap 'rm -rf "$results"' EXIT
dotnet test WebApp.sln --nologo --results-directory "$results" --logger "trx;LogFileName=tests.trx" "$@"
status=$?
if [ $# = 0 ] && [ $status = 0 ]; then
  # What holds for sessions in Redis holds with the local cache on, too. (What is about accounts only does not meet it.)
  TESTS_LOCAL_CACHE=On dotnet test WebApp.sln --nologo --no-build --results-directory "$results" --logger "trx;LogFileName=cached.trx" --filter \
    'FullyQualifiedName~RightsOnRedis|FullyQualifiedName~SessionsOnRedis|FullyQualifiedName~SessionOnRedis|FullyQualifiedName~OnRedis&FullyQualifiedName!~.Accounts.&FullyQualifiedName!~.Pages.&FullyQualifiedName!~.RateLimits.&FullyQualifiedName!~Passkey&FullyQualifiedName!~SecondFactor&FullyQualifiedName!~Disown&FullyQualifiedName!~MailLink'
  status=$?
fi

count() { grep -o "<Counters [^>]*" "$results"/*.trx 2>/dev/null | grep -o " $1=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{n+=$1} END {print n+0}'; }
passed=$(count passed); failed=$(count failed)
[ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
