#!/bin/sh
# Compiles one main package to WebAssembly, as small as we know how.
#
#   wasm/toolchain/core.sh OUT PKG [TAGS]     e.g. core.sh recorder.wasm ./wasm/recorder strict
#
# The tag strict leaves out what the core of a strict page never does. OUT and PKG are relative to the current folder. The module exports its memory,
# _initialize and what the files of PKG itself mark with //go:wasmexport, no more. The
# same source gives the same bytes, whatever the folder of the checkout.
set -eu

[ $# = 2 ] || [ $# = 3 ] || { echo "usage: wasm/toolchain/core.sh OUT PKG [TAGS]" >&2; exit 2; }
tags=${3:-}
here=$(cd "$(dirname "$0")" && pwd -P)
"$here/build.sh"
tinygo=${AFTERIMAGE_BUILD_DIR:-$(cd "$here/../.." && pwd -P)/.build}/tinygo/tinygo.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
"$tinygo" build -target "$here/target.json" -opt=z -no-debug -panic=trap -gc=leaking -scheduler=none -tags "$tags" -o "$tmp/core.wasm" "$2"

# The features of the target, and no others: what wasm-opt may not emit.
features="--mvp-features --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int --enable-mutable-globals"

# TinyGo's runtime exports C names (fminimum, syscall.seek) that nobody calls from
# outside. An export cannot be optimised away, so they are cut first: 1 % of the size.
dir=$(go list -e -f '{{.Dir}}' "$2")
files=$(go list -e -tags "tinygo tinygo.wasm wasm_unknown $tags" -f '{{range .GoFiles}}{{.}} {{end}}' "$2")
exports=$(cd "$dir" && sed -n 's,^//go:wasmexport  *\([^ ]*\).*$,\1,p' $files | LC_ALL=C sort -u)
[ -n "$exports" ] || {
	echo "error: $2: no //go:wasmexport in $dir" >&2
	echo "hint: exported functions stand in the main package itself, not in what it imports" >&2
	exit 1
}
{
	printf '[{"name":"page","root":true,"reaches":["memory","_initialize"'
	for e in $exports; do printf ',"%s"' "$e"; done
	printf ']}'
	for e in memory _initialize $exports; do printf ',{"name":"%s","export":"%s"}' "$e" "$e"; done
	printf ']\n'
} >"$tmp/graph.json"
# shellcheck disable=SC2086
wasm-metadce $features --graph-file="$tmp/graph.json" "$tmp/core.wasm" -o "$tmp/cut.wasm" >/dev/null

# Flattened and looped anew it is 0.4 % smaller still, packed. -Oz is
# 3.6 % of the brotli size on a package with compress/flate, 9 % on a small one. Never
# --traps-never-happen or --ignore-implicit-traps: bounds checks are traps. What is called most
# comes first, where its number is short: 18 bytes of the strict core.
passes="--flatten --rereloop --flatten --rereloop --simplify-locals --rse -Oz --flatten --rereloop --rse
  --simplify-locals-nostructure --rse -Oz --optimize-instructions -Oz --reorder-functions --optimize-instructions --reorder-locals"
# shellcheck disable=SC2086
wasm-opt $passes $features --strip-debug --strip-producers --strip-target-features "$tmp/cut.wasm" -o "$tmp/opt.wasm"
cp "$tmp/opt.wasm" "$1"
