# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# What the scripts of the test services share. Sourced, not run.
#
# A script sets `service_name`, defines the functions below and ends with `service "$@"`.
#
#   needs      calls `need PROGRAM PACKAGE` for each program; may look for them first
#   prepare    makes the data below $data, which is there and empty; sockets go below $sockets
#   launch     starts the server: `background NAME PROGRAM ARGUMENT...` for each process
#   answers    whether it is ready for clients
#   describe   prints lines `key=value`, what a client needs to know
#
# `$(port NAME)` is a free port, the same one until the service is stopped. `as_service PROGRAM...` runs a program as the user that the
# server runs as: $service_user where this is root, if it is set. $stop_signal is what asks the server to end (TERM).
set -euo pipefail

service_user=
stop_signal=TERM
seconds_to_start=60

fail() {
  printf '%s: %s\n' "${service_name:-service}" "$*" >&2
  exit 1
}

need() { command -v "$1" >/dev/null || fail "$1 is missing. Debian and Ubuntu: apt-get install $2"; }

is_other_user() { [ -n "$service_user" ] && [ "$(id -u)" = 0 ]; }
as_service() {
  if is_other_user; then
    setpriv --reuid="$service_user" --regid="$service_user" --init-groups -- "$@"
  else
    "$@"
  fi
}

# A process is its number and when it began: numbers come again.
began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
is_running() { [ -n "$2" ] && [ "$(began "$1")" = "$2" ]; }
children_of() {
  awk -v parent="$1" '{ number = $1; sub(/.*\) /, ""); if ($2 == parent) print number }' /proc/[0-9]*/stat 2>/dev/null || true
}
family_of() {
  local child
  echo "$1"
  for child in $(children_of "$1"); do family_of "$child"; done
}

# background NAME PROGRAM ARGUMENT...: in a session of its own, and what it says in DIR/NAME.log.
background() {
  local name=$1
  shift
  local before=()
  ! is_other_user || before=(setpriv --reuid="$service_user" --regid="$service_user" --init-groups --)
  setsid "${before[@]}" "$@" >>"$dir/$name.log" 2>&1 </dev/null &
  echo "$! $(began $!)" >>"$dir/processes"
  disown
}

# certificate NAME: a key and a certificate that it signs, for 127.0.0.1, in the data directory.
certificate() {
  need openssl openssl
  as_service openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=127.0.0.1 \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$data/$1.key" -out "$data/$1.crt" >>"$dir/openssl.log" 2>&1 ||
    fail "openssl failed: $(cat "$dir/openssl.log")"
  cp "$data/$1.crt" "$dir/$1.crt" # where every user can read it
}

port() {
  local number
  number=$(sed -n "s/^$1 //p" "$dir/ports" 2>/dev/null || true)
  while [ -z "$number" ]; do
    # Below the ports that systems give to whoever connects.
    number=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    ! (: <"/dev/tcp/127.0.0.1/$number") 2>/dev/null || number=
    ! grep -q " $number\$" "$dir/ports" 2>/dev/null || number=
    [ -z "$number" ] || echo "$1 $number" >>"$dir/ports"
  done
  echo "$number"
}

# Whether every process that was started runs.
all_run() {
  local process time
  [ -s "$dir/processes" ] || return 1
  while read -r process time; do
    is_running "$process" "$time" || return 1
  done <"$dir/processes"
}

# Whether no port that was given out is listened on by another process than those that were started, as far as can be seen.
listens_alone() {
  local process time files name number sockets_of_port
  # As the server's user: even root may not look into the processes of others in a container.
  files=$(while read -r process time; do
    for process in $(family_of "$process"); do as_service find "/proc/$process/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null || true; done
  done <"$dir/processes")
  [ -n "$files" ] || return 0
  while read -r name number; do
    sockets_of_port=$(awk -v port="$(printf ':%04X' "$number")" '$4 == "0A" && substr($2, length($2) - 4) == port { print "socket:[" $10 "]" }' \
      /proc/net/tcp /proc/net/tcp6 2>/dev/null || true)
    [ -z "$sockets_of_port" ] || grep -qxF "$sockets_of_port" <<<"$files" || return 1
  done <"$dir/ports"
}

# end SIGNAL: to every process that was started, with KILL to its children too; waits until they are gone.
end() {
  local signal=$1 process time all=() tries
  [ -f "$dir/processes" ] || return 0
  while read -r process time; do
    is_running "$process" "$time" || continue
    if [ "$signal" = KILL ]; then
      all+=($(family_of "$process"))
    else
      all+=("$process")
    fi
  done <"$dir/processes"
  [ ${#all[@]} = 0 ] || kill -s "$signal" "${all[@]}" 2>/dev/null || true
  for process in "${all[@]}"; do
    tries=0
    while [ -n "$(began "$process")" ] && ! is_zombie "$process"; do
      tries=$((tries + 1))
      if [ $tries = 200 ]; then
        [ "$signal" != KILL ] || fail "process $process does not end"
        end KILL
        return
      fi
      sleep 0.05
    done
  done
  rm -f "$dir/processes"
}
is_zombie() { grep -q ') Z ' "/proc/$1/stat" 2>/dev/null; }

# Where the data are: in DIR, unless the server's user can't come there.
find_data() {
  data=$(cat "$dir/data-is-in" 2>/dev/null || true)
  [ -z "$data" ] || return 0
  data=$dir/data
  mkdir -p "$data"
  if is_other_user; then
    chown "$service_user" "$data"
    if ! as_service test -w "$data" 2>/dev/null; then
      rmdir "$data"
      data=$(mktemp -d "${TMPDIR:-/tmp}/cairn-$service_name.XXXXXX")
      chown "$service_user" "$data"
    fi
  fi
  echo "$data" >"$dir/data-is-in"
}

# Where sockets are: their paths have 107 bytes at the most, and DIR may be deep.
find_sockets() {
  sockets=$(cat "$dir/sockets-are-in" 2>/dev/null || true)
  [ -z "$sockets" ] || return 0
  sockets=$(mktemp -d /tmp/cairn.XXXXXX)
  ! is_other_user || chown "$service_user" "$sockets"
  echo "$sockets" >"$dir/sockets-are-in"
}

wait_for_answer() {
  local tries
  for ((tries = 0; tries != seconds_to_start * 20; ++tries)); do
    all_run || return 1
    # Somebody else's server on a port that ours did not get would answer, too.
    if answers >/dev/null 2>&1 && listens_alone; then return 0; fi
    sleep 0.05
  done
  return 1
}

forget() {
  end "$1"
  local place
  for place in "$dir"/data-is-in "$dir"/sockets-are-in; do
    [ ! -s "$place" ] || rm -rf "$(cat "$place")"
  done
  rm -f "$dir"/{service,ports,data-is-in,sockets-are-in} "$dir"/*.log "$dir"/*.crt
}

# Services that tests started for themselves are below DIR/own, each with the number of its test's process. A test that was killed has left
# its service behind.
forget_orphans() {
  local place
  for place in "$dir"/own/*/; do
    [ -d "$place" ] || continue
    if [ -s "$place/owner" ] && [ -z "$(began "$(cat "$place/owner")")" ]; then
      "$0" stop "$place"
      rm -rf "$place"
    fi
  done
}

start() {
  local attempt
  needs
  mkdir -p "$dir"
  if [ -f "$dir/service" ] && all_run; then
    find_data
    find_sockets
    ! answers >/dev/null 2>&1 || return 0
  fi
  # Somebody else may take a port before the server does.
  for attempt in 1 2 3; do
    forget KILL
    find_data
    find_sockets
    prepare
    launch
    if wait_for_answer; then
      describe >"$dir/service.new"
      mv "$dir/service.new" "$dir/service"
      return 0
    fi
  done
  tail -n 20 "$dir"/*.log >&2 || true
  fail "the server does not answer"
}

restart() {
  [ -f "$dir/service" ] || fail "nothing was started in $dir"
  needs
  find_data
  find_sockets
  end KILL
  launch
  wait_for_answer || fail "the server does not answer; see the logs in $dir"
}

# service start|stop|kill|restart DIR
service() {
  if [ $# != 2 ]; then
    sed -n '/^# usage/,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 2
  fi
  mkdir -p "$2"
  dir=$(cd "$2" && pwd)
  case $1 in
    start) start ;;
    stop)
      forget "$stop_signal"
      forget_orphans
      ;;
    kill) end KILL ;;
    restart) restart ;;
    *) fail "unknown command $1" ;;
  esac
}
