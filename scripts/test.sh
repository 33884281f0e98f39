#!/usr/bin/env bash
# Every check of the project, in the order in which they fail fastest. Prints how long each took.
#
# --long adds what takes longer than anybody waits for at each change.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

long=false
for argument in "$@"; do
	case $argument in
	--long) long=true ;;
	*) die "unknown argument \`$argument\`: the only one is --long" ;;
	esac
done

names=()
seconds=()
report() {
	local status=$? index
	printf '\n%8s  %s\n' seconds step
	for index in "${!names[@]}"; do
		printf '%8s  %s\n' "${seconds[index]:-failed}" "${names[index]}"
	done
	printf '%8s  all\n' "$SECONDS"
	if ((status == 0)); then
		say "passed"
	else
		say "FAILED in: ${names[-1]:-start}"
	fi
}
trap report EXIT
# Without this a run that is cut off would report the status of the last command: passed.
trap 'exit 143' TERM

# step NAME COMMAND...
step() {
	local started=$SECONDS
	names+=("$1")
	say "$1"
	"${@:2}"
	seconds+=("$((SECONDS - started))")
}

# The runtime with a feature that no node is built with, as a type check. Over the workspace, for a package alone would have its build
# tools compiled again, and tools are most of it.
check_runtime() {
	SKIP_WASM_BUILD=1 logged "check-${1//,/-}" cargo check --locked --features "assay-runtime/${1//,/,assay-runtime/}"
}

# Each benchmark once, on the pallets' own mocks.
benchmarks() {
	SKIP_WASM_BUILD=1 logged benchmarks cargo test --locked -p pallet-council -p pallet-inference -p pallet-memory -p pallet-validators --features runtime-benchmarks --lib bench
}

# Each of the three targets, side by side, for so many seconds.
fuzz() {
	logged fuzz env ASSAY_FUZZ_SECONDS="$1" cargo test --locked --test fuzz -- --nocapture --test-threads 3
	grep ' executions on ' "$ASSAY_LOGS/fuzz.log"
}

# A file of end-to-end tests. Its output is shown if it fails.
end_to_end_file() {
	local name log started=$SECONDS
	name=$(basename "$1" .test.js)
	log=$ASSAY_LOGS/end-to-end-$name.log
	if node --test --test-reporter=spec "$1" >"$log" 2>&1; then
		say "end to end: $name passed in $((SECONDS - started)) s: $(grep -oE '(tests|skipped) [0-9]+' "$log" | paste -sd ' ')"
	else
		cat "$log"
		say "end to end: $name FAILED (all of it: $log)"
		return 1
	fi
}

# Number of files at a time. They mostly wait for blocks.
readonly FILES_AT_A_TIME=3

# Large files come first: most of them take long, and none should run alone at the end.
end_to_end() {
	local file files running=0 status=0
	mapfile -t files < <(ls -S tests/*.test.js)
	for file in "${files[@]}"; do
		[[ $file != *.long.test.js ]] || continue
		if ((running >= FILES_AT_A_TIME)); then
			wait -n || status=1
			running=$((running - 1))
		fi
		end_to_end_file "$file" &
		running=$((running + 1))
	done
	while ((running > 0)); do
		wait -n || status=1
		running=$((running - 1))
	done
	return "$status"
}

# The clients in other languages, the explorer, and agents.
clients() {
	scripts/js.sh && scripts/python.sh && scripts/explorer.sh --built && scripts/agents.sh
}

# The same beside the end-to-end tests: all of them wait for blocks more than they compute.
end_to_end_and_clients() {
	local log=$ASSAY_LOGS/clients.log beside status=0
	clients >"$log" 2>&1 &
	beside=$!
	# In a shell of its own, for it waits for any child.
	(end_to_end) || status=1
	wait "$beside" || status=1
	cat "$log"
	return "$status"
}

# Networks of several nodes: each has the machine for itself.
networks() {
	local file status=0
	for file in tests/*.long.test.js; do
		say "networks: $file"
		node --test --test-reporter=spec "$file" || status=1
	done
	return "$status"
}

cd "$ASSAY_ROOT"
step setup scripts/setup.sh
use_toolchain
step format cargo fmt --all --check
step lint scripts/lint.sh
step "build the node" build_node
step clippy logged clippy cargo clippy --locked --all-targets -- -D warnings
step "unit and pallet tests" logged cargo-test cargo test --locked
grep -E '^test result' "$ASSAY_LOGS/cargo-test.log" | sort | uniq -c || true
step determinism scripts/determinism.sh
step zoo scripts/zoo.sh
step "trained models" scripts/trained.sh
step cases scripts/cases.sh
if $long; then
	step "check runtime-benchmarks" check_runtime runtime-benchmarks
	step "check try-runtime" check_runtime try-runtime
	step "determinism on every back end" scripts/determinism.sh --long
	step "the engine by another compiler" scripts/other-toolchain.sh
	step "a thousand runs" logged thousand env ASSAY_LONG=1 cargo test --locked --test hostile a_run_has_one_hash
	step "ten minutes of fuzzing" fuzz 600
	step "a million pieces of work for kernels" logged descriptors env ASSAY_LONG=1 cargo test --locked --test descriptors -- --nocapture
	grep -E 'cases ran|hostile descriptors' "$ASSAY_LOGS/descriptors.log"
	step "every number of every function" logged functions env ASSAY_LONG=1 cargo test --locked --test functions vectors_find -- --nocapture
	grep -cE 'with .*: all numbers$' "$ASSAY_LOGS/functions.log"
	step conformance scripts/conformance.sh
	step "the whole zoo" scripts/zoo.sh --long
	step "every trained model" scripts/trained.sh --long
	step "mutants of the pallets' checks" scripts/mutants.sh
	step "memory of blobs" logged blob-memory cargo test --locked --test memory -- --ignored --nocapture
	grep -E 'peak over idle' "$ASSAY_LOGS/blob-memory.log"
else
	step "check runtime-benchmarks and try-runtime" check_runtime runtime-benchmarks,try-runtime
fi
step "benchmarks, once" benchmarks
step "memory, asked by others" scripts/memory.sh
step models scripts/models.sh
if $long; then
	step "TypeScript client" scripts/js.sh --long
	step "Python package" scripts/python.sh --long
	step explorer scripts/explorer.sh --built --long
	step agents scripts/agents.sh
	step "end to end" end_to_end
	step networks networks
	step "a hundred models on a network" scripts/hub-load.sh 100
	step "docker, linted" scripts/docker-lint.sh
	step "the runtime in the SDK's tools" scripts/boot.sh
else
	step "end to end, and clients in other languages" end_to_end_and_clients
	step "two dozen models on a network" scripts/hub-load.sh 24
fi
