#!/usr/bin/env bash
# Makes what browsers load from its sources: the stylesheets, the vendored scripts and the icons. Their sources are
# static/css/*.src.css, .ci/npm/package-lock.json and .ci/npm/icons.mjs; the results are committed, so that building,
# running and testing need no Node. The same sources always give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v npm >/dev/null || { echo "npm is missing: install Node 20 or newer to change stylesheets, icons or vendored scripts." >&2; exit 1; }
npm=.ci/npm
if ! [ "$npm/node_modules/.package-lock.json" -nt "$npm/package-lock.json" ]; then
  # No package's install script is needed: the compilers come as ready native packages. Not npm ci: that refuses a
  # lock file that lacks the native packages of other platforms, which npm leaves out where it cannot see them.
  (cd "$npm" && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null)
fi

# The sources stand outside of the folder that holds node_modules; NODE_PATH shows the compiler the way.
export NODE_PATH="$PWD/$npm/node_modules" NODE_ENV=production
for sheet in app respond; do
  # It tells how long it took on stderr, which is of interest only when it failed.
  said=$("$npm/node_modules/.bin/tailwindcss" --minify --input "static/css/$sheet.src.css" --output "static/css/$sheet.css" 2>&1) || {
    echo "$said" >&2
    exit 1
  }
done

cp "$npm/node_modules/htmx.org/dist/htmx.min.js" static/js/htmx.min.js
cp "$npm/node_modules/sortablejs/Sortable.min.js" static/js/sortable.min.js
"$npm/node_modules/.bin/esbuild" "$npm/code.mjs" --bundle --minify --format=iife --target=es2022 --legal-comments=none --log-level=warning --outfile=static/js/code.js
node "$npm/icons.mjs"
gofmt -w views/components/icons.go
