#!/usr/bin/env bash
# Makes the Debian package of node and command line, and looks at its unit.
#
#   scripts/deb.sh [--bin FOLDER] [FILE.deb]
#
# Builds the release, or takes the programs from FOLDER. FILE is by default assay-node_VERSION_ARCH.deb in the target folder.
set -euo pipefail
# shellcheck source=scripts/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

bin=
file=
while (($# > 0)); do
	case $1 in
	--bin)
		bin=${2:?--bin needs a folder}
		shift
		;;
	-*) die "unknown option $1: say scripts/deb.sh [--bin FOLDER] [FILE.deb]" ;;
	*) file=$1 ;;
	esac
	shift
done

cd "$ASSAY_ROOT"
command -v dpkg-deb dpkg-shlibdeps strip >/dev/null || die "dpkg-deb, dpkg-shlibdeps and strip are missing: install dpkg-dev and binutils"
if [[ -z $bin ]]; then
	say "building the release"
	logged build-release cargo build --locked --release -p assay-node -p assay || die "the release does not build, see above"
	bin=$CARGO_TARGET_DIR/release
fi
for program in assay-node assay; do
	[[ -x $bin/$program ]] || die "$bin has no program $program: build it, or name another folder with --bin"
done

version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"$/\1/p' Cargo.toml)
arch=$(dpkg --print-architecture)
file=$(realpath "${file:-$CARGO_TARGET_DIR/assay-node_${version}_$arch.deb}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/debian/assay-node

install -D -m 755 -t "$tree/usr/bin" "$bin/assay-node" "$bin/assay"
strip "$tree"/usr/bin/*
install -D -m 644 packaging/assay-node.service "$tree/lib/systemd/system/assay-node.service"
install -D -m 644 packaging/default "$tree/etc/default/assay-node"
install -D -m 644 -t "$tree/usr/share/assay-node" docker/alerts.yaml docker/grafana/assay.json
install -D -m 644 docs/guides/operate.md "$tree/usr/share/doc/assay-node/operate.md"
install -D -m 644 LICENSE "$tree/usr/share/doc/assay-node/copyright"
install -d -m 755 "$tree/etc/assay"
install -d -m 755 "$tree/DEBIAN"
install -m 755 -t "$tree/DEBIAN" packaging/postinst packaging/prerm packaging/postrm
echo /etc/default/assay-node >"$tree/DEBIAN/conffiles"

# Names and least versions of the libraries that the programs are linked with.
printf 'Source: assay\n\nPackage: assay-node\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O debian/assay-node/usr/bin/* 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[[ -n $depends ]] || die "dpkg-shlibdeps does not say what $bin/assay-node is linked with"
cat >"$tree/DEBIAN/control" <<END
Package: assay-node
Version: $version
Architecture: $arch
Maintainer: The Assay authors <assay@localhost>
Installed-Size: $(du -sk --exclude DEBIAN "$tree" | cut -f1)
Depends: adduser, $depends
Recommends: chrony | systemd-timesyncd | time-daemon
Section: net
Priority: optional
Description: node and command line of Assay
 A blockchain that runs AI models and certifies their answers. The node validates,
 or follows the chain and answers RPC; the command line publishes models, asks
 them and verifies what they say.
END

if command -v systemd-analyze >/dev/null; then
	# The unit as it is installed, with its programs where they are now.
	sed "s|/usr/bin/|$tree/usr/bin/|" packaging/assay-node.service >"$work/assay-node.service"
	systemd-analyze verify --man=no "$work/assay-node.service" || die "systemd finds the faults above in packaging/assay-node.service"
else
	say "no systemd-analyze here: the unit was not looked at"
fi
dpkg-deb --root-owner-group --build "$tree" "$file" >/dev/null
say "$file: $(du -h "$file" | cut -f1), needs $depends"
