#!/usr/bin/env bash
# A network of N validators on loopback, each with its own keys, ports and folder.
#
#   scripts/localnet.sh up N [--apart] [--genesis 'FLAGS'] [--base DIR]
#                                           start; returns when finality moves. --apart: each node in a network namespace of its own,
#                                           which takes root. --genesis: a chain as `assay-node genesis` makes it with these flags, without
#                                           sudo, in which the validators alone have plancks
#   scripts/localnet.sh join K [--base DIR] start node K beside them: one that was stopped, or one more, which is no validator yet
#   scripts/localnet.sh status [--base DIR] a line for each node
#   scripts/localnet.sh logs K [--base DIR] follow the log of node K
#   scripts/localnet.sh cut 'K...' [--base DIR]
#                                           cut these nodes off from all others, of a network that is apart; not from each other
#   scripts/localnet.sh heal [--base DIR]   join them again
#   scripts/localnet.sh down [--base DIR]   stop; the folder stays
#
# Node K listens with its RPC on 127.0.0.1:$((9944 + K)), with its peers on /ws at 30333 + K, with Prometheus on 9615 + K; blob_overview
# over RPC says where it serves blobs over HTTP.
# PORT_OFFSET moves all of them. A network that is apart has addresses of its own instead of 127.0.0.1, and `status` tells them. Node K's
# keys come from //localnet//K; all of them are for play.
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
[ -n "$command" ] || die "say up N, join K, status, logs K, cut 'K...', heal or down"
shift
base=${XDG_CACHE_HOME:-$HOME/.cache}/assay/localnet
argument=
apart=false
genesis=
while [ $# -gt 0 ]; do
	case $1 in
	--base)
		base=${2:?--base needs a folder}
		shift
		;;
	--apart) apart=true ;;
	--genesis)
		genesis=${2:?--genesis needs flags of assay-node genesis}
		shift
		;;
	*) argument=$1 ;;
	esac
	shift
done
offset=${PORT_OFFSET:-0}

# A network that is apart: each node has a link to one of two bridges, on which its peers are, and a link to this host, on which its RPC is,
# so that who asks a node reaches it on whichever bridge it is. The names of all of it begin with $name.
name=assay$offset
subnet=10.$((128 + offset / 20 / 256 % 128)).$((offset / 20 % 256))
# More addresses than that a subnet does not have.
readonly MAX_APART=60

is_apart() { [ -f "$base/apart" ]; }

host() { # K: where its RPC listens
	if is_apart; then echo "$subnet.$((129 + 2 * $1))"; else echo 127.0.0.1; fi
}

peer_address() { # K: where its peers find it
	if is_apart; then echo "$subnet.$(($1 + 1))"; else echo 127.0.0.1; fi
}

bridges() {
	local bridge
	for bridge in a b; do
		ip link add "$name$bridge" type bridge
		ip link set "$name$bridge" up
	done
}

separate() { # K: a namespace for it, unless it has one
	local k=$1 space=$name-$1
	[ "$k" -lt "$MAX_APART" ] || die "node $k: there are addresses for $MAX_APART nodes that are apart"
	[ ! -e "/run/netns/$space" ] || return 0
	ip netns add "$space"
	ip -n "$space" link set lo up
	ip link add "${name}p$k" type veth peer name peers netns "$space"
	ip link set "${name}p$k" master "${name}a" up
	ip -n "$space" address add "$(peer_address "$k")/25" dev peers
	ip -n "$space" link set peers up
	ip link add "${name}h$k" type veth peer name host netns "$space"
	ip address add "$subnet.$((128 + 2 * k))/31" dev "${name}h$k"
	ip link set "${name}h$k" up
	ip -n "$space" address add "$(host "$k")/31" dev host
	ip -n "$space" link set host up
}

unite() { # removes what a network that was apart has left: links go with the namespace that they lead to
	local space link
	for space in $(ip netns list 2>/dev/null | cut -d' ' -f1 | grep "^$name-"); do
		ip netns delete "$space"
	done
	for link in $(ip -o link 2>/dev/null | grep -o " ${name}[abhp][0-9]*" || true); do
		ip link delete "$link" 2>/dev/null || true
	done
}

move() { # BRIDGE K...: at once
	local bridge=$1 k
	shift
	for k in "$@"; do
		echo "link set ${name}p$k master $name$bridge"
	done | ip -batch -
}

rpc() { # K METHOD
	curl -sS --max-time 5 -H 'content-type: application/json' \
		-d "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"$2\",\"params\":${3:-[]}}" "http://$(host "$1"):$((9944 + offset + $1))" 2>/dev/null
}

height() { # K finalized|best
	local params='[]'
	if [ "$2" = finalized ]; then
		params="[$(rpc "$1" chain_getFinalizedHead | python3 -c 'import json,sys; print(json.dumps(json.load(sys.stdin)["result"]))' 2>/dev/null)]" || return 1
	fi
	rpc "$1" chain_getHeader "$params" | python3 -c 'import json,sys; print(int(json.load(sys.stdin)["result"]["number"], 16))' 2>/dev/null
}

public() { # SCHEME SURI: the address and the key in hex
	"$node" key inspect --scheme "$1" --output-type json "$2" |
		python3 -c 'import json,sys; key = json.load(sys.stdin); print(key["ss58PublicKey"], key["publicKey"])'
}

nodes() { find "$base" -maxdepth 1 -name 'node-*' -type d 2>/dev/null | sort -V; }

alive() { [ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null; }

spec() { # N: a raw chain spec whose genesis has these validators
	local n=$1 plain=$base/plain.json keys=$base/keys.json k
	for ((k = 0; k < n; k++)); do
		echo "$(public sr25519 "//localnet//$k") $(public ed25519 "//localnet//$k")"
	done >"$keys"
	if [ -n "$genesis" ]; then
		python3 - "$keys" >"$base/accounts.json" <<'PY'
import json, sys
lines = [line.split() for line in open(sys.argv[1])]
keys = lambda sr, ed: "0x" + "".join(key[2:] for key in (sr, ed, sr, sr))
print(json.dumps({
    "validators": [{"account": who, "keys": keys(sr, ed), "bond": 10_000} for who, sr, _, ed in lines],
    "balances": {who: 1_000_000 for who, *_ in lines},
}))
PY
		# shellcheck disable=SC2086 # a list of words
		"$node" genesis "$base/accounts.json" --name Localnet --id localnet $genesis >"$plain"
		"$node" export-chain-spec --chain "$plain" --raw >"$base/spec.json" 2>/dev/null
		return
	fi
	"$node" export-chain-spec --chain local >"$plain" 2>/dev/null
	python3 - "$plain" "$keys" <<'PY'
import json, sys
plain, keys = sys.argv[1:]
spec = json.load(open(plain))
genesis = spec["genesis"]["runtimeGenesis"]["patch"]
validators = [(sr, ed) for sr, _, ed, _ in map(str.split, open(keys))]
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
	local within=()
	if [ "$k" -gt 0 ]; then
		boot=(--bootnodes "/ip4/$(peer_address 0)/tcp/$((30333 + offset))/ws/p2p/$(cat "$base/node-0/peer")")
	fi
	if is_apart; then
		separate "$k"
		within=(nsenter "--net=/run/netns/$name-$k")
		boot+=(--unsafe-rpc-external --rpc-methods unsafe --rpc-cors all --prometheus-external)
	fi
	host "$k" >"$dir/host"
	peer_address "$k" >"$dir/peer-address"
	# shellcheck disable=SC2086 # NODE_FLAGS is a list of words.
	setsid "${within[@]}" "$node" --validator --name "node-$k" --base-path "$dir/data" --chain "$base/spec.json" \
		--node-key-file "$dir/node-key" --rpc-port $((9944 + offset + k)) --prometheus-port $((9615 + offset + k)) \
		--listen-addr "/ip4/$(peer_address "$k")/tcp/$((30333 + offset + k))/ws" "${boot[@]}" --no-mdns --allow-private-ip \
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
	rm -f "$base/apart"
	if $apart; then
		[ "$EUID" -eq 0 ] || die "only root makes network namespaces: without --apart it works for everybody"
		for k in $(ip netns list | cut -d' ' -f1 | grep "^$name-"); do
			[ -z "$(ip netns pids "$k")" ] || die "a network with this PORT_OFFSET runs already: give another one"
		done
		# Of one that ended before it could.
		unite
		touch "$base/apart"
		bridges
	fi
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
			echo "node $k: pid $(cat "$dir/pid"), ws://$(host "$k"):$((9944 + offset + k)), best $(height "$k" best || echo ?), final $(height "$k" finalized || echo ?)"
		else
			echo "node $k: stopped"
		fi
	done
}

cut_off() {
	is_apart || die "the network is not apart: start it with --apart"
	local some
	read -ra some <<<"$argument"
	[ ${#some[@]} -gt 0 ] || die "cut needs the numbers of nodes"
	move b "${some[@]}"
}

heal() {
	is_apart || die "the network is not apart: start it with --apart"
	local some
	mapfile -t some < <(nodes | grep -o '[0-9]*$')
	move a "${some[@]}"
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
	! is_apart || unite
	echo "stopped"
}

case $command in
up) up ;;
join) join ;;
status) status ;;
logs) exec tail -F "$base/node-${argument:?logs needs the number of a node}/log" ;;
cut) cut_off ;;
heal) heal ;;
down) down ;;
-h | --help | help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" ;;
*) die "unknown command $command: say up N, join K, status, logs K, cut 'K...', heal or down" ;;
esac
