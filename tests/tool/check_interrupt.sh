#!/usr/bin/env bash
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
#
# usage: check_interrupt.sh COMMAND DIRECTORY
#
# Ctrl-C while `cairn import` reads: it ends with 130, what it counts is there, and of an import in bulk nothing. So do a dump that is
# written, and a restoration, of which nothing is there.
set -euo pipefail
command=$1
directory=$2
store=$directory/store

# begin OPTION...: an import of what is written to 3, in the background. It begins with a schema.
begin() {
  rm -rf "$directory"
  mkdir -p "$directory"
  "$command" create "$store"
  mkfifo "$directory/facts"
  "$command" import "$@" "$store" - <"$directory/facts" >"$directory/out" 2>&1 &
  import=$!
  exec 3>"$directory/facts"
  echo "[{:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]" >&3
}

# More than a pipe and a buffer hold: when it is written, the import is under way and what was written before it is being read.
write_blanks() { printf "%*s\n" "$1" "" >&3; }
a_read=$((1 << 20))
a_pipe=$((1 << 17))

# ended WORDS TRANSACTIONS FACTS: how the import ended, and what is in the store.
ended() {
  exec 3>&-
  local status=0
  wait "$import" || status=$?
  [[ $status -eq 130 ]] || { echo "ended with $status"; cat "$directory/out"; exit 1; }
  grep -q "Interrupted: what is counted above is in the store, $1" "$directory/out"
  grep -q "^{:transactions $2 " "$directory/out"
  [[ $("$command" q "$store" "[:find (count ?e) . :where [?e :age]]") == "$3" ]]
  "$command" verify "$store" | grep -q ":sound true"
}

# In bulk, while facts arrive.
begin --bulk
(yes "{:age 41}" 2>"$directory/yes" || true) | head -n 300000 >&3
kill -INT "$import"
(yes "{:age 42}" 2>"$directory/yes" | head -n 3000000 2>"$directory/head" || true) >&3
ended "and nothing of what followed" 1 nil

# In bulk, while it waits for what may follow a whole form: that is not the end of the file.
begin --bulk
echo "{:age 41}" >&3
write_blanks $((a_read + a_pipe))
kill -INT "$import"
ended "and nothing of what followed" 1 nil

# In the middle of a form, which is not wrong then.
for option in "" --bulk; do
  begin $option
  echo "[{:age 41}]" >&3
  write_blanks "$a_read"
  echo "[{:age" >&3
  write_blanks "$a_pipe"
  kill -INT "$import"
  if [[ -z $option ]]; then ended "whole and durable" 2 1; else ended "and nothing of what followed" 2 1; fi
done

# stopped PID: that it ended so.
stopped() {
  local status=0
  wait "$1" || status=$?
  [[ $status -eq 130 ]] || { echo "ended with $status"; cat "$directory/out"; exit 1; }
  grep -q "Interrupted: " "$directory/out"
}

# until_it_listens PID: until Ctrl-C is caught (what runs in the background ignores it before), or the end.
until_it_listens() {
  while kill -0 "$1" 2>"$directory/kill" && ! grep -qs "^SigCgt:.*[2367abef]$" "/proc/$1/status"; do :; done
}

# More than a pipe holds was read of a dump: it is under way, and goes on when the rest is.
rm -rf "$directory"
mkdir -p "$directory"
"$command" create "$store"
echo "[{:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]" | "$command" import "$store" - >"$directory/imported"
(yes "{:age 41}" 2>"$directory/yes" || true) | head -n 50000 | "$command" import --bulk "$store" - >"$directory/imported"
"$command" dump "$store" "$directory/whole" >"$directory/dumped"
mkfifo "$directory/pipe"
"$command" dump "$store" - >"$directory/pipe" 2>"$directory/out" &
dump=$!
exec 3<"$directory/pipe"
head -c "$a_pipe" <&3 >"$directory/part"
kill -INT "$dump"
cat <&3 >"$directory/rest"
exec 3<&-
stopped "$dump"

# The same of what is restored.
"$command" restore - "$directory/restored" <"$directory/pipe" >"$directory/out" 2>&1 &
restoration=$!
exec 3>"$directory/pipe"
head -c $((2 * a_pipe)) "$directory/whole" >&3
kill -INT "$restoration"
exec 3>&-
stopped "$restoration"
[[ ! -e $directory/restored ]]

# Before the first byte has come; and while --resume reads what is there, which goes on afterwards.
"$command" restore - "$directory/restored" <"$directory/pipe" >"$directory/out" 2>&1 &
restoration=$!
exec 3>"$directory/pipe"
until_it_listens "$restoration"
kill -INT "$restoration"
exec 3>&-
stopped "$restoration"
[[ ! -e $directory/restored ]]
status=0
for ((attempt = 0; attempt != 20 && status == 0; ++attempt)); do  # one that is done before it is interrupted is no test
  head -c -1 "$directory/whole" >"$directory/again.part"
  "$command" dump --resume "$store" "$directory/again" >"$directory/out" 2>&1 &
  dump=$!
  until_it_listens "$dump"
  kill -INT "$dump" 2>"$directory/kill" || true
  status=0
  wait "$dump" || status=$?
done
[[ $status -eq 130 ]] || { echo "ended with $status"; cat "$directory/out"; exit 1; }
"$command" dump --resume "$store" "$directory/again" >"$directory/out"
cmp "$directory/whole" "$directory/again"
"$command" restore "$directory/whole" "$directory/restored" >"$directory/out"
"$command" verify "$directory/restored" | grep -q ":sound true"
rm -rf "$directory"
