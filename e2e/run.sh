#!/bin/sh
# Runs the tests of this folder: two processes at a time, each with a browser of its own,
# since most tests wait more than they compute; then alone those that measure the page's time
# or need the browser's whole attention.
set -eu
cd "$(dirname "$0")"
build=${AFTERIMAGE_BUILD_DIR:-$(cd .. && pwd -P)/.build}
mkdir -p "$build"
go test -c -o "$build/e2e.test" .

alone='^Test(RecordingGoesOnAfterTheBackForwardCache|BusyPageDegradesInSteps|AnimationsOfABusyPageAreThinned)$'
all=$("$build/e2e.test" -test.list '^Test' | grep '^Test')
# Those of the npm package share a folder, so they stay together.
one=$(echo "$all" | grep -Ev "$alone" | awk '/^TestN[Pp][Mm]/ || NR % 2' | paste -sd '|')
two=$(echo "$all" | grep -Ev "$alone" | awk '!(/^TestN[Pp][Mm]/ || NR % 2)' | paste -sd '|')
[ -n "$one" ] && [ -n "$two" ] || { echo "error: e2e/run.sh: no tests found" >&2; exit 1; }

"$build/e2e.test" -test.timeout 14m -test.run "^($one)\$" >"$build/e2e-one.log" 2>&1 & first=$!
failed=0
"$build/e2e.test" -test.timeout 14m -test.run "^($two)\$" || failed=1
wait "$first" || failed=1
cat "$build/e2e-one.log"
"$build/e2e.test" -test.timeout 10m -test.run "$alone" || failed=1
exit "$failed"
