# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# What the scripts share: where things are, how they speak. Sourced, not run.
set -euo pipefail

cairn_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cairn_jobs=${CAIRN_JOBS:-$(nproc)}

say() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
fail() {
  printf '\nerror: %s\n' "$*" >&2
  exit 1
}

# configure PRESET [CMAKE ARGUMENT...]: quiet when it works, everything when it doesn't.
configure() {
  local preset=$1 log
  shift
  log=$(mktemp)
  if ! cmake --preset "$preset" "${launcher[@]}" "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# build DIRECTORY [NINJA ARGUMENT...]
build() {
  local directory=$1
  shift
  cmake --build "$directory" --parallel "$cairn_jobs" "$@" </dev/null
}

# A compiler cache where there is one. Precompiled headers need its permission to be looked up by content.
launcher=()
if command -v ccache >/dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}
fi
export CTEST_OUTPUT_ON_FAILURE=1

cd "$cairn_root"
