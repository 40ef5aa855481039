#!/bin/sh
# Lines of Go and of TypeScript, tests and generated files left out, by where they run.
set -eu
cd "$(dirname "$0")/.."
count() { git ls-files "$@" | grep -vE '_test\.go$|\.d\.ts$' | xargs cat | wc -l; }
recorder_go=$(count 'wasm/wire/*.go' 'wasm/mirror/*.go' 'wasm/mask/*.go' 'wasm/recorder/*.go')
recorder_ts=$(count 'jsbridge/*.ts')
all_go=$(count '*.go')
all_ts=$(count '*.ts')
printf '%-28s %7s %11s %9s\n' '' Go TypeScript 'share Go'
printf '%-28s %7d %11d %8d%%\n' 'recorder (in the page)' "$recorder_go" "$recorder_ts" $((100 * recorder_go / (recorder_go + recorder_ts)))
printf '%-28s %7d %11d %8d%%\n' 'everything' "$all_go" "$all_ts" $((100 * all_go / (all_go + all_ts)))
