#!/bin/sh
# Installs what the tests need and this machine lacks, and says so. Debian packages need
# root or sudo; npm packages go into folders that git ignores.
set -eu
cd "$(dirname "$0")/.."

need=""
command -v chromium >/dev/null 2>&1 || need="$need chromium"
command -v chromium-headless-shell >/dev/null 2>&1 || need="$need chromium-headless-shell"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || need="$need nginx-light"
command -v caddy >/dev/null 2>&1 || need="$need caddy"
command -v systemd-analyze >/dev/null 2>&1 || need="$need systemd"
# Only for make large.
[ "${1:-}" != large ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need="$need postgresql"
# Only for make engines.
if [ "${1:-}" = engines ]; then
	command -v firefox-esr >/dev/null 2>&1 || need="$need firefox-esr"
	command -v WebKitWebDriver >/dev/null 2>&1 || need="$need webkit2gtk-driver"
	command -v Xvfb >/dev/null 2>&1 || need="$need xvfb"
fi
command -v node >/dev/null 2>&1 || need="$need nodejs npm"
if [ -n "$need" ]; then
	echo "installing Debian packages:$need"
	sudo=""
	if [ "$(id -u)" != 0 ]; then
		sudo=$(command -v sudo) || {
			echo "error: these Debian packages are missing:$need" >&2
			echo "hint: apt-get install$need, as root, then call make again" >&2
			exit 1
		}
	fi
	$sudo apt-get update -qq
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends $need
fi

for dir in jsbridge replay/ui e2e; do
	[ -f "$dir/package-lock.json" ] || continue
	if [ ! -f "$dir/node_modules/.package-lock.json" ] || [ "$dir/package-lock.json" -nt "$dir/node_modules/.package-lock.json" ]; then
		echo "installing npm packages of $dir"
		(cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
		touch "$dir/node_modules/.package-lock.json"
	fi
done
