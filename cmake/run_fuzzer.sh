#!/bin/sh
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# Runs a fuzzer for a while: run_fuzzer.sh PROGRAM SECONDS CORPUS SEEDS. CAIRN_FUZZ_SECONDS, where set, replaces SECONDS.
set -eu
program=$1 seconds=${CAIRN_FUZZ_SECONDS:-$2} corpus=$3 seeds=$4
mkdir -p "$corpus"
set -- "$corpus"
[ -d "$seeds" ] && set -- "$@" "$seeds"
cd "$corpus/.."
exec "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
  -artifact_prefix="$(basename "$program")." "$@"
