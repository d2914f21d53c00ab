#!/usr/bin/env bash
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
#
# usage: check_media.sh COMMAND DIRECTORY BACKEND...
#
# A full disk, a read-only one and missing rights, on the real thing: each has a stable code and says what to do, and nothing is lost; what can be read
# there is. Disks are mounted in
# a name space of mounts that is this test's own; as root, who has all rights, another user is tried with. Where the system allows neither, what cannot be
# tried is said, and the test counts as skipped (77) if nothing could be.
set -euo pipefail

if [ -z "${CAIRN_MEDIA_INSIDE:-}" ]; then
  export CAIRN_MEDIA_INSIDE=mounts
  unshare -m true 2>/dev/null && exec unshare -m "$BASH" "$0" "$@"
  export CAIRN_MEDIA_INSIDE=user
  [ "$(id -u)" != 0 ] && unshare -Urm true 2>/dev/null && exec unshare -Urm "$BASH" "$0" "$@"
  export CAIRN_MEDIA_INSIDE=nothing
fi
inside=$CAIRN_MEDIA_INSIDE
directory=$2
rm -rf "$directory"
mkdir -p "$directory"
# Where another user finds it, too.
public=$(mktemp -d /tmp/cairn-media-XXXXXX)
trap 'umount "$public"/read-only.* 2>/dev/null || true; rm -rf "$public"' EXIT
chmod 755 "$public"
cp "$1" "$public/cairn"
command=$public/cairn
shift 2

tried=0
skipped=()

# expect STATUS PATTERN COMMAND...
expect() {
  local status=$1 pattern=$2 found=0 out
  shift 2
  out=$("$@" 2>&1) || found=$?
  if [ "$found" != "$status" ] || ! grep -qE -- "$pattern" <<<"$out"; then
    printf '%s\nended with %s (expected %s) and printed\n%s\nexpected %s\n' "$*" "$found" "$status" "$out" "$pattern" >&2
    exit 1
  fi
  tried=$((tried + 1))
}

# store BACKEND DIRECTORY NAME: its configuration.
store() {
  local more=
  [ "$1" = file ] && more=':segment-size 65536'
  echo "{:store {:backend :$1 :path \"$2/$3\" $more}}"
}

schema='[{:db/ident :t :db/valueType :db.type/string :db/cardinality :db.cardinality/many}]'
few=$directory/few.edn
many=$directory/many.edn
printf '%s\n[{:t "one"} {:t "two"}]\n' "$schema" >"$few"
{
  echo "$schema"
  for i in $(seq 200); do # what no backend stores in less
    echo "[{:t \"$i $(head -c 6000 /dev/urandom | base64 -w 0)\"}]"
  done
} >"$many"
count='[:find (count ?t) . :where [_ :t ?t]]'

full() {
  local disk=$directory/disk.$1 config
  mkdir "$disk"
  if ! mount -t tmpfs -o size=1m tmpfs "$disk" 2>/dev/null; then
    skipped+=("$1: a full disk")
    return 0
  fi
  head -c 800000 /dev/zero >"$disk/ballast"
  config=$(store "$1" "$disk" store)
  expect 0 '' "$command" create "$config"
  expect 0 ':transactions 2' "$command" import "$config" "$few"
  expect 1 '([Mm]ake room|free some space).*\(:io/full\)' "$command" import "$config" "$many"
  # Read it while it is full; RocksDB has to write something before it does.
  if [ "$1" = rocksdb ]; then
    "$command" verify "$config" >/dev/null 2>"$directory/error" || expect 0 ':io/full' cat "$directory/error"
  else
    expect 0 ':sound true' "$command" verify "$config"
    expect 0 '^[1-9][0-9]*$' "$command" q "$config" "$count"
  fi
  rm "$disk/ballast"
  expect 0 ':sound true' "$command" verify "$config"
  expect 0 ':transactions 2' "$command" import "$config" "$few"
  expect 0 '^1$' "$command" q "$config" '[:find (count ?t) . :where [_ :t ?t] [(= ?t "two")]]'
  umount "$disk"
}

# read_only BACKEND disk|mount: the disk itself is read-only, or this mount of it, through which others are seen to write.
read_only() {
  local disk=$public/read-only.$1.$2 config
  mkdir "$disk"
  if [ "$2" = disk ] && ! mount -t tmpfs tmpfs "$disk" 2>/dev/null; then
    skipped+=("$1: a read-only disk")
    return 0
  fi
  config=$(store "$1" "$disk" store)
  expect 0 '' "$command" create "$config"
  expect 0 ':transactions 2' "$command" import "$config" "$few"
  if [ "$2" = disk ]; then
    mount -o remount,ro "$disk"
  elif ! { mount --bind "$disk" "$disk" && mount -o remount,bind,ro "$disk"; } 2>/dev/null; then
    skipped+=("$1: a read-only mount")
    return 0
  fi
  expect 1 'mounted read-only.*\(:io/read-only\)' "$command" create "$(store "$1" "$disk" new)"
  if [ "$1" = rocksdb ] || { [ "$2" = mount ] && [ "$1" != file ]; }; then
    expect 1 'mounted read-only.*\(:io/read-only\)' "$command" q "$config" "$count"
  else
    expect 0 '^2$' "$command" q "$config" "$count"
    expect 0 ':sound true' "$command" verify "$config"
    expect 0 '^#cairn/dump' "$command" dump "$config" -
    expect 0 ':dead-nodes' "$command" stats "$config" --nodes
    expect 0 '^db$|^[*] db$' "$command" branches "$config"
    expect 1 'mounted read-only.*\(:io/read-only\)' "$command" gc "$config"
  fi
  expect 1 'mounted read-only.*\(:io/read-only\)' "$command" import "$config" "$few"
  if [ "$2" = disk ]; then
    mount -o remount,rw "$disk"
  else
    umount "$disk"
  fi
  expect 0 ':sound true' "$command" verify "$config"
}

rights() {
  local place=$public/rights.$1 config as=()
  mkdir "$place"
  config=$(store "$1" "$place" store)
  expect 0 '' "$command" create "$config"
  expect 0 ':transactions 2' "$command" import "$config" "$few"
  if [ "$(id -u)" = 0 ]; then
    as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    if [ "$inside" = user ] || ! "${as[@]}" true 2>/dev/null; then
      skipped+=("$1: missing rights")
      return 0
    fi
    chmod -R go=rX "$place"
  else
    chmod -R a-w "$place"
  fi
  chmod 644 "$few"
  cp "$few" "$public/few.edn"
  expect 1 'Give this user the right.*\(:io/denied\)' "${as[@]}" "$command" create "$(store "$1" "$place" new)"
  if [ "$1" = file ]; then
    expect 0 '^2$' "${as[@]}" "$command" q "$config" "$count"
    expect 0 ':sound true' "${as[@]}" "$command" verify "$config"
  else
    expect 1 'Give this user the right.*\(:io/denied\)' "${as[@]}" "$command" q "$config" "$count"
  fi
  expect 1 'Give this user the right.*\(:io/denied\)' "${as[@]}" "$command" import "$config" "$public/few.edn"
  chmod -R u+w "$place"
  chmod -R go= "$place"
  if [ ${#as[@]} != 0 ]; then
    expect 1 'Give this user the right.*\(:io/denied\)' "${as[@]}" "$command" q "$config" "$count"
  fi
  expect 0 ':sound true' "$command" verify "$config"
}

for backend in "$@"; do
  full "$backend"
  read_only "$backend" disk
  read_only "$backend" mount
  rights "$backend"
done
[ ${#skipped[@]} = 0 ] || printf 'not possible here: %s\n' "${skipped[@]}"
echo "$tried commands did what they should"
# What was only made ready shows nothing.
[ ${#skipped[@]} != $(($# * 4)) ] || exit 77
