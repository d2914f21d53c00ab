# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# The packages that the scripts need, on Debian 12 and 13 and Ubuntu 24.04. Sourced after common.sh, not run.

# The oldest and the newest clang that will do, and the one the presets name.
readonly clang_oldest=16 clang_newest=21 clang_preferred=19

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# at_least PACKAGE VERSION: is it installed, and not older?
at_least() { installed "$1" && dpkg --compare-versions "$(dpkg-query -W -f '${Version}' "$1")" ge "$2"; }

# candidate PACKAGE: the version that apt would install, or nothing.
candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -v '^(none)$' || true; }

offers() {
  local version
  version=$(candidate "$1")
  [ -n "$version" ] && { [ -z "${2:-}" ] || dpkg --compare-versions "$version" ge "$2"; }
}

retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return 0
    [ "$attempt" = 3 ] || { note "that failed; again in $((attempt * 5)) s"; sleep $((attempt * 5)); }
  done
  return 1
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive retry apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# without_daemons COMMAND...: installs packages of servers, which would start them for the whole machine and take their ports; the tests
# start their own. Whether services may start is asked of policy-rc.d, where the administrator has one that is his.
without_daemons() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\n# Of Cairn'"'"'s scripts, while they install packages.\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  "$@"
)

# The lists are fetched once a run, and only when something is missing.
lists_are_fresh=
refresh_lists() {
  [ -n "$lists_are_fresh" ] && return 0
  note "apt-get update"
  apt_get update >/dev/null || fail "apt-get update failed. Is the network up?"
  lists_are_fresh=yes
}

# The clang that is there, the preferred one first, or nothing.
find_clang() {
  local version
  for version in $clang_preferred $(seq "$clang_newest" -1 "$clang_oldest"); do
    command -v "clang++-$version" >/dev/null && { echo "$version"; return 0; }
  done
  return 0
}

# What each of our words for a need means here; prints the missing packages, one a line.
missing_packages() {
  local need version package
  for need in "$@"; do
    case $need in
      boost) # Debian 12's libboost-dev is 1.74
        at_least libboost1.81-dev 1.81 || at_least libboost-dev 1.81 || {
          if offers libboost1.81-dev; then echo libboost1.81-dev; else echo libboost-dev; fi
        }
        ;;
      catch2) at_least catch2 3 || echo catch2 ;;
      clang)
        version=$(find_clang)
        if [ -z "$version" ]; then
          for version in $clang_preferred $(seq "$clang_newest" -1 "$clang_oldest") none; do
            offers "clang-$version" && break
          done
        fi
        [ "$version" != none ] || version=$clang_preferred # apt then says that there is none
        for package in "clang-$version" libclang-rt-"$version"-dev libc++-"$version"-dev libc++abi-"$version"-dev; do
          installed "$package" || echo "$package"
        done
        ;;
      npm) command -v npm >/dev/null || echo npm ;; # others than Debian have it in nodejs
      *) installed "$need" || echo "$need" ;;
    esac
  done
}

# Catch2 3 is in Debian 12's backports only. Before the lists are fetched, so that they are fetched once.
add_backports() {
  [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ] || return 0
  ! grep -rqs '^[^#]*bookworm-backports' /etc/apt/sources.list /etc/apt/sources.list.d || return 0
  note "adding bookworm-backports for catch2 (/etc/apt/sources.list.d/cairn-backports.list)"
  echo "deb http://deb.debian.org/debian bookworm-backports main" >/etc/apt/sources.list.d/cairn-backports.list
  lists_are_fresh=
}

has_apt() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# install_packages NEED...: installs what is missing; quick, offline and silent about it when nothing is.
install_packages() {
  local missing
  if ! has_apt; then
    say "Not a Debian or Ubuntu: going on with what is there. Needed are: $*"
    return 0
  fi
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then
    say "Packages: all there"
    return 0
  fi
  [ "$(id -u)" = 0 ] || fail "These packages are missing: $(echo $missing)
Run this as root once (it installs them), or install them yourself."
  say "Packages: installing what is missing"
  ! grep -qx catch2 <<<"$missing" || add_backports
  refresh_lists
  missing=$(missing_packages "$@") # what apt offers is known only now
  if grep -qx catch2 <<<"$missing" && ! offers catch2 3; then
    LC_ALL=C apt-cache madison catch2 | grep ' | 3\.' >/dev/null ||
      fail "This system's catch2 is $(candidate catch2), and version 3 is needed. Install it by hand and run this again."
    missing=$(sed 's,^catch2$,catch2/bookworm-backports,' <<<"$missing")
  fi
  note "apt-get install" $missing
  if [ -n "$missing" ]; then
    without_daemons apt_get install -y --no-install-recommends $missing >/dev/null || fail "apt-get could not install: $(echo $missing)"
  fi
}

packages_to_build=(
  g++ cmake ninja-build pkg-config
  boost librange-v3-dev libxxhash-dev libcli11-dev libfmt-dev libedit-dev libre2-dev
  libsqlite3-dev liblmdb-dev librocksdb-dev libhiredis-dev libpq-dev libmariadb-dev
  libzstd-dev libsodium-dev zlib1g-dev
  libcurl4-openssl-dev libssl-dev libexpat1-dev
  librados-dev
)
packages_to_begin_tests=("${packages_to_build[@]}" catch2 mold python3) # what g++'s tree is configured with
packages_to_test=(
  "${packages_to_begin_tests[@]}" python3-prometheus-client strace git valgrind
  redis-server postgresql mariadb-server openssl
)
packages_to_test_all=("${packages_to_test[@]}" clang)
packages_to_test_long=("${packages_to_test_all[@]}" ceph-common ceph-mon ceph-mgr ceph-osd radosgw curl npm)
packages_to_bench=(
  "${packages_to_build[@]}" libbenchmark-dev libabsl-dev libleveldb-dev python3
  redis-server postgresql mariadb-server openssl npm
)
