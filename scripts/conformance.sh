#!/usr/bin/env bash
# Runs ONNX's own node cases in the engine and compares what passes with the list that is checked in, `engine/conformance.tsv`: a
# case that passed and fails now is an error, and so is one whose reason has changed. With `--update` the list is written anew.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

readonly VERSION=1.16.2
readonly SHA256=7b98aa9733bd4b781eb931d33b4078ff2837e7d68062460726d6dd011f332bd4
readonly LIST=$ASSAY_ROOT/engine/conformance.tsv
update=false
for argument in "$@"; do
	case $argument in
	--update) update=true ;;
	*) die "unknown argument \`$argument\`: the only one is --update" ;;
	esac
done

[[ -x $ASSAY_VENV/bin/pip ]] || die "there is no Python environment: run scripts/setup.sh"
onnx=$ASSAY_MODELS/onnx-$VERSION
if [[ ! -f $onnx/.assay-stamp || $(<"$onnx/.assay-stamp") != "$SHA256" ]]; then
	say "fetching the wheel of onnx $VERSION from PyPI"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	# The cases are the same in every platform's wheel; this one can be named whatever the platform is.
	printf 'onnx==%s --hash=sha256:%s\n' "$VERSION" "$SHA256" >"$work/requirements.txt"
	logged conformance-fetch "$ASSAY_VENV/bin/pip" download --disable-pip-version-check --require-hashes --no-deps \
		--only-binary=:all: --platform manylinux2014_x86_64 --python-version 3.11 -r "$work/requirements.txt" -d "$work" ||
		die "the wheel could not be fetched, see above: see that PyPI can be reached, then run this again"
	rm -rf "$onnx"
	mkdir -p "$onnx"
	"$ASSAY_VENV/bin/python" -m zipfile -e "$work"/*.whl "$onnx"
	echo "$SHA256" >"$onnx/.assay-stamp"
fi

cd "$ASSAY_ROOT"
cases=$ASSAY_CACHE/conformance/cases
rm -rf "$cases"
PYTHONPATH=$onnx "$ASSAY_VENV/bin/python" scripts/conformance_cases.py "$onnx/onnx/backend/test/data/node" "$cases"
say "building"
logged conformance-build cargo build --locked -p assay-engine --example conformance ||
	die "the engine does not build, see above"
say "running $(find "$cases" -name '*.onnx' | wc -l) cases"
found=$ASSAY_CACHE/conformance/found.tsv
"$CARGO_TARGET_DIR/debug/examples/conformance" "$ASSAY_CACHE/conformance/engine" "$cases" >"$found"
for variant in variable constant; do
	printf '%s: %d of %d pass\n' "$variant" "$(grep -cP "\.$variant\tpass\$" "$found")" "$(grep -cP "\.$variant\t" "$found")"
done
if $update; then
	cp "$found" "$LIST"
	say "written: $LIST"
elif [[ ! -f $LIST ]]; then
	die "there is no list to compare with: run this with --update"
elif ! diff -u "$LIST" "$found"; then
	die "not what the list says; if it is meant, run this with --update"
else
	say "as the list says"
fi
