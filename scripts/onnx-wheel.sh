#!/usr/bin/env bash
# Fetches the onnx wheel, which carries ONNX's own node cases, into the cache, and prints its folder.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

# The last version that carries the cases.
readonly VERSION=1.16.2
readonly SHA256=7b98aa9733bd4b781eb931d33b4078ff2837e7d68062460726d6dd011f332bd4

[[ -x $ASSAY_VENV/bin/pip ]] || die "there is no Python environment: run scripts/setup.sh"
onnx=$ASSAY_MODELS/onnx-$VERSION
if [[ ! -f $onnx/.assay-stamp || $(<"$onnx/.assay-stamp") != "$SHA256" ]]; then
	say "fetching the wheel of onnx $VERSION from PyPI" >&2
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	# The cases are the same in every platform's wheel; this one can be named whatever the platform is.
	printf 'onnx==%s --hash=sha256:%s\n' "$VERSION" "$SHA256" >"$work/requirements.txt"
	logged onnx-wheel "$ASSAY_VENV/bin/pip" download --disable-pip-version-check --require-hashes --no-deps \
		--only-binary=:all: --platform manylinux2014_x86_64 --python-version 3.11 -r "$work/requirements.txt" -d "$work" >&2 ||
		die "the wheel could not be fetched, see above: see that PyPI can be reached, then run this again"
	rm -rf "$onnx"
	mkdir -p "$onnx"
	"$ASSAY_VENV/bin/python" -m zipfile -e "$work"/*.whl "$onnx"
	echo "$SHA256" >"$onnx/.assay-stamp"
fi
echo "$onnx"
