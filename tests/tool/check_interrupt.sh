#!/usr/bin/env bash
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
#
# usage: check_interrupt.sh COMMAND DIRECTORY
#
# Ctrl-C while `cairn import --bulk` reads: it ends with 130, what came before the import is there, and nothing of it.
set -euo pipefail
command=$1
directory=$2
store=$directory/store

rm -rf "$directory"
mkdir -p "$directory"
"$command" create "$store"
mkfifo "$directory/facts"
"$command" import --bulk "$store" - <"$directory/facts" >"$directory/out" 2>&1 &
import=$!
exec 3>"$directory/facts"
echo "[{:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]" >&3
# More than a pipe holds: when it is written, the import is under way.
(yes "{:age 41}" 2>"$directory/yes" || true) | head -n 300000 >&3
kill -INT "$import"
(yes "{:age 42}" 2>"$directory/yes" || true) >&3
exec 3>&-
status=0
wait "$import" || status=$?
[[ $status -eq 130 ]] || { echo "ended with $status"; cat "$directory/out"; exit 1; }
grep -q "Interrupted: what is counted above is in the store, and nothing of what followed" "$directory/out"
grep -q "^{:transactions 1 " "$directory/out"
[[ $("$command" q "$store" "[:find (count ?e) . :where [?e :age]]") == nil ]]
"$command" verify "$store" | grep -q ":sound true"
