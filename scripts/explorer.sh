#!/usr/bin/env bash
# The explorer: builds the page, as a folder for any static host and as one file that opens from disk, and tests it in headless Chromium, against
# real nodes. Prints how large it is.
#
# Without Chromium at /usr/bin/chromium, or at $ASSAY_CHROMIUM, the tests in a browser are skipped, and say so.
#
# --build builds it, and tests nothing. --built takes the TypeScript client as scripts/js.sh has left it. --screenshots DIR keeps pictures of all
# pages, light and dark, wide and narrow. --long also follows finality while validators come and go, and keeps a page open for an hour, or for as
# many minutes as $ASSAY_EXPLORER_MINUTES says.
#
# The program in Python that the page offers is run by $ASSAY_PYTHON_CLIENT, or else by what scripts/python.sh has made.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ASSAY_ROOT"

tests=true
client=true
while (($# > 0)); do
	case $1 in
	--build) tests=false ;;
	--built) client=false ;;
	--long) ASSAY_LONG=1 ;;
	--screenshots)
		[[ -n ${2:-} ]] || die "--screenshots wants a folder"
		mkdir -p "$2"
		ASSAY_SCREENSHOTS=$(cd "$2" && pwd)
		export ASSAY_SCREENSHOTS
		shift
		;;
	*) die "unknown argument \`$1\`: there are --build, --built, --long and --screenshots DIR" ;;
	esac
	shift
done

package=$ASSAY_ROOT/explorer

! $client || scripts/js.sh --build
npm_packages "$package"
say "building the explorer"
(cd "$package" && npx tsc --noEmit --project . && node scripts/build.mjs)
say "$package/dist: index.html for a static host, explorer.html to open from disk"
$tests || exit 0
files=()
for file in "$package"/tests/*.test.js; do
	[[ $file == *.long.test.js && -z ${ASSAY_LONG:-} ]] || files+=("$file")
done
export ASSAY_PYTHON_CLIENT=${ASSAY_PYTHON_CLIENT:-$ASSAY_CACHE/python/newest/bin/python}
say "testing the explorer"
(cd "$package" && node --test --test-reporter=spec "${files[@]}")
