#!/usr/bin/env bash
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# What `cairn log --graph` draws of branches that part, meet, and are merged crosswise.
#   check_graph.sh COMMAND DIRECTORY
set -euo pipefail
command=$1
directory=$2
rm -rf "$directory"
mkdir -p "$directory"
cd "$directory"

fact() { echo "[{:n $1}]" >fact.edn; }
# Without what is another each time.
picture() { "$command" log --graph "$@" | sed -E 's/ +[0-9a-f]{8}-.*datoms(, a collection.s)?//; s/ +$//'; }
# expect NAME, and the picture from standard input.
expect() {
  local drawn
  drawn=$(picture --all parted)
  if ! diff <(cat) <(echo "$drawn") >&2; then
    echo "$1 are drawn otherwise" >&2
    exit 1
  fi
}
commit_of() { "$command" log --limit 1 "$@" | cut -d' ' -f1; }

"$command" create '{:store {:backend :file :path "parted"} :schema-flexibility :read}' >/dev/null
fact 1 && "$command" import parted fact.edn >/dev/null
begun=$(commit_of parted)
"$command" branch parted side --from "$begun" >/dev/null
fact 2 && "$command" import parted fact.edn >/dev/null
fact 3 && CAIRN_BRANCH=side "$command" import parted fact.edn >/dev/null
expect 'two branches' <<'END'
*  (side)
| *  (db)
* |
|/
*
*
END

# Each of two merges has the commit of the other branch as its second parent.
here=$(commit_of parted)
"$command" branch parted old --from "$here" >/dev/null
"$command" merge parted side >/dev/null
CAIRN_BRANCH=old "$command" merge parted side >/dev/null
expect 'two merges of one branch' <<'END'
*  (old)
|\
| | *  (db)
| | |\
* | | |
| |_|/
| * |  (side)
|_|/
* |
| *
|/
*
*
END
