#!/bin/sh
# Checks a report's page with axe-core in headless Chromium:  tests/accessibility/run.sh results/example/report.html
# Installs what is absent: Chromium, Node.js, and npm from Debian (as root), the two libraries of package-lock.json by npm.
# Exit code 0: nothing found; 1: findings, in the file named second; 77: cannot be checked here, and why; 2: the check broke.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
report=$(realpath "$1")
findings=$(realpath -m "${2:-$(dirname "$report")/accessibility.txt}")

cannot() { echo "Accessibility NOT checked: $1"; exit 77; }

absent=""
command -v chromium > /dev/null || absent="$absent chromium"
command -v node > /dev/null || absent="$absent nodejs"
command -v npm > /dev/null || absent="$absent npm"
if [ -n "$absent" ]; then
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || cannot "absent:$absent (root on Debian installs them by itself)."
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $absent; } \
        > "$findings.log" 2>&1 || cannot "apt-get could not install$absent: $(tail -n 1 "$findings.log")"
    rm -f "$findings.log"
fi
node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || cannot "Node.js $(node --version) is older than 18."
cd "$here"
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --silent --no-fund --no-audit > /dev/null 2>&1 || cannot "npm could not fetch the libraries of package-lock.json."
    touch node_modules/.package-lock.json
fi
exec node check.mjs "$report" "$findings" "$(command -v chromium)"
