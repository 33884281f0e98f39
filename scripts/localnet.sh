#!/usr/bin/env bash
# A network of N validators on loopback, each with its own keys, ports and folder.
#
#   scripts/localnet.sh up N [--base DIR]   start; returns when finality moves
#   scripts/localnet.sh join K [--base DIR] start node K beside them: one that was stopped, or one more, which is no validator yet
#   scripts/localnet.sh status [--base DIR] a line for each node
#   scripts/localnet.sh logs K [--base DIR] follow the log of node K
#   scripts/localnet.sh down [--base DIR]   stop; the folder stays
#
# Node K listens with its RPC on 127.0.0.1:$((9944 + K)), with its peers on /ws at 30333 + K, with Prometheus on 9615 + K; blob_overview
# over RPC says where it serves blobs over HTTP.
# PORT_OFFSET moves all of them. Node K's keys come from //localnet//K; all of them are for play.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/env.sh
. "$here/env.sh"
node=${ASSAY_NODE:-$CARGO_TARGET_DIR/debug/assay-node}

die() {
	printf 'localnet: %s\n' "$*" >&2
	exit 1
}

command=${1:-}
[ -n "$command" ] || die "say up N, join K, status, logs K or down"
shift
base=${XDG_CACHE_HOME:-$HOME/.cache}/assay/localnet
argument=
while [ $# -gt 0 ]; do
	case $1 in
	--base)
		base=${2:?--base needs a folder}
		shift
		;;
	*) argument=$1 ;;
	esac
	shift
done
offset=${PORT_OFFSET:-0}

rpc() { # K METHOD
	curl -sS --max-time 5 -H 'content-type: application/json' \
		-d "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"$2\",\"params\":${3:-[]}}" "http://127.0.0.1:$((9944 + offset + $1))" 2>/dev/null
}

height() { # K finalized|best
	local params='[]'
	if [ "$2" = finalized ]; then
		params="[$(rpc "$1" chain_getFinalizedHead | python3 -c 'import json,sys; print(json.dumps(json.load(sys.stdin)["result"]))' 2>/dev/null)]" || return 1
	fi
	rpc "$1" chain_getHeader "$params" | python3 -c 'import json,sys; print(int(json.load(sys.stdin)["result"]["number"], 16))' 2>/dev/null
}

public() { # SCHEME SURI
	"$node" key inspect --scheme "$1" --output-type json "$2" |
		python3 -c 'import json,sys; print(json.load(sys.stdin)["ss58PublicKey"])'
}

nodes() { find "$base" -maxdepth 1 -name 'node-*' -type d 2>/dev/null | sort -V; }

alive() { [ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null; }

spec() { # N: a raw chain spec whose genesis has these validators
	local n=$1 plain=$base/plain.json keys=$base/keys.json k
	"$node" export-chain-spec --chain local >"$plain" 2>/dev/null
	for ((k = 0; k < n; k++)); do
		echo "$(public sr25519 "//localnet//$k") $(public ed25519 "//localnet//$k")"
	done >"$keys"
	python3 - "$plain" "$keys" <<'PY'
import json, sys
plain, keys = sys.argv[1:]
spec = json.load(open(plain))
genesis = spec["genesis"]["runtimeGenesis"]["patch"]
validators = [line.split() for line in open(keys)]
endowment = 10**18
genesis["balances"]["balances"] += [[sr, endowment] for sr, _ in validators]
genesis["session"]["keys"] = [
    [sr, sr, {"babe": sr, "grandpa": ed, "inference": sr, "authority_discovery": sr}] for sr, ed in validators
]
if "validators" in genesis:
    bond = genesis["validators"]["bonds"][0][1]
    genesis["validators"]["bonds"] = [[sr, bond] for sr, _ in validators]
json.dump(spec, open(plain, "w"))
PY
	"$node" export-chain-spec --chain "$plain" --raw >"$base/spec.json" 2>/dev/null
}

start() { # K
	local k=$1 dir=$base/node-$1
	local boot=()
	if [ "$k" -gt 0 ]; then
		boot=(--bootnodes "/ip4/127.0.0.1/tcp/$((30333 + offset))/ws/p2p/$(cat "$base/node-0/peer")")
	fi
	# shellcheck disable=SC2086 # NODE_FLAGS is a list of words.
	setsid "$node" --validator --name "node-$k" --base-path "$dir/data" --chain "$base/spec.json" \
		--node-key-file "$dir/node-key" --rpc-port $((9944 + offset + k)) --prometheus-port $((9615 + offset + k)) \
		--listen-addr "/ip4/127.0.0.1/tcp/$((30333 + offset + k))/ws" "${boot[@]}" --no-mdns --allow-private-ip \
		--no-telemetry ${NODE_FLAGS:-} >>"$dir/log" 2>&1 &
	echo $! >"$dir/pid"
}

prepare() { # K
	local k=$1 dir=$base/node-$1 type
	[ -f "$dir/node-key" ] && return
	mkdir -p "$dir/data"
	"$node" key generate-node-key --file "$dir/node-key" 2>"$dir/peer.txt"
	"$node" key inspect-node-key --file "$dir/node-key" >"$dir/peer"
	for type in babe infr audi; do
		"$node" key insert --base-path "$dir/data" --chain "$base/spec.json" --scheme sr25519 --key-type $type --suri "//localnet//$k"
	done
	"$node" key insert --base-path "$dir/data" --chain "$base/spec.json" --scheme ed25519 --key-type gran --suri "//localnet//$k"
}

up() {
	local n=$argument k
	[[ $n =~ ^[1-9][0-9]*$ ]] || die "up needs the number of validators"
	[ -x "$node" ] || die "no node at $node: run scripts/setup.sh and cargo build, or set ASSAY_NODE"
	for k in $(nodes); do
		alive "$k" && die "a network runs already in $base: scripts/localnet.sh down first"
	done
	mkdir -p "$base"
	[ -f "$base/spec.json" ] || spec "$n"
	[ "$(wc -l <"$base/keys.json")" -eq "$n" ] || die "$base holds a network of another size: remove it or give another --base"
	for ((k = 0; k < n; k++)); do
		prepare "$k"
		start "$k"
	done
	echo "started $n validators in $base; waiting for finality"
	# A limit in blocks: finality that has not moved by then does not.
	local best=0 final=0
	while [ "$final" -lt 1 ]; do
		sleep 1
		for ((k = 0; k < n; k++)); do
			alive "$base/node-$k" || die "node $k has stopped: see $base/node-$k/log"
		done
		best=$(height 0 best || echo 0)
		final=$(height 0 finalized || echo 0)
		[ "$best" -le 60 ] || [ "$final" -ge 1 ] || die "60 blocks and none is final: see the logs in $base"
	done
	status
}

join() {
	local k=${argument:?join needs the number of a node}
	[ -f "$base/spec.json" ] || die "there is no network in $base: scripts/localnet.sh up N first"
	alive "$base/node-$k" && die "node $k runs already"
	prepare "$k"
	start "$k"
}

status() {
	local dir k
	for dir in $(nodes); do
		k=${dir##*-}
		if alive "$dir"; then
			echo "node $k: pid $(cat "$dir/pid"), ws://127.0.0.1:$((9944 + offset + k)), best $(height "$k" best || echo ?), final $(height "$k" finalized || echo ?)"
		else
			echo "node $k: stopped"
		fi
	done
}

down() {
	local dir
	for dir in $(nodes); do
		alive "$dir" && kill -TERM "$(cat "$dir/pid")"
	done
	for dir in $(nodes); do
		while alive "$dir"; do sleep 0.2; done
		rm -f "$dir/pid"
	done
	echo "stopped"
}

case $command in
up) up ;;
join) join ;;
status) status ;;
logs) exec tail -F "$base/node-${argument:?logs needs the number of a node}/log" ;;
down) down ;;
*) die "unknown command $command: say up N, join K, status, logs K or down" ;;
esac
