#!/usr/bin/env bash
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
#
# usage: check_server.sh COMMAND BACKEND SERVICE
#
# A database on a server, by the backend's name and by Datahike's `:jdbc`; and whoever may only read there: opens it, asks, sees what is committed
# meanwhile, and is refused a commit with a code; so is whoever reads on a session that is read-only, and a store of a later release is refused to all. BACKEND is postgres, mysql or s3, SERVICE the directory of one that tests/services started.
set -euo pipefail
command=$1
backend=$2
service=$3
name=tool$$x$RANDOM
value() { sed -n "s/^$1=//p" "$service/service"; }
host=$(value host)
port=$(value port)

sql() {
  case $backend in
    postgres) psql -q -h "$host" -p "$port" -U "$(value user)" -d "$(value dbname)" -c "$1" ;;
    mysql) mariadb --no-defaults -h "$host" -P "$port" -u "$(value user)" -D "$(value dbname)" -e "$1" ;;
  esac
}
at() { echo ":host \"$host\" :port $port :dbname \"$(value dbname)\""; }
dbtype=$backend
case $backend in
  postgres) dbtype=postgresql ;&
  mysql)
    own="{:backend :$backend $(at) :user \"$(value user)\" :table-prefix \"$name\"}"
    writing="{:backend :jdbc :dbtype \"$dbtype\" $(at) :user \"$(value user)\" :table \"$name\"}"
    reading="{:backend :jdbc :jdbcUrl \"jdbc:$dbtype://$host:$port/$(value dbname)?user=$name\" :table \"$name\"}"
    ;;
  s3)
    where=":backend :s3 :bucket \"$(value bucket)\" :prefix \"$name\" :endpoint \"$(value endpoint)\""
    own="{$where :access-key \"$(value access_key)\" :secret-key \"$(value secret_key)\"}"
    writing=$own
    reading="{$where :access-key \"$(value reader_access_key)\" :secret-key \"$(value reader_secret_key)\"}"
    ;;
esac

"$command" create "{:store $writing}"
leave() {
  echo "(require '[datahike.api :as d]) (d/delete-database {:store $own})" | "$command" shell >/dev/null || true
  case $backend in
    postgres) sql "DROP ROLE $name" ;;
    mysql) sql "DROP USER $name@localhost, $name@'127.0.0.1'" ;;
  esac || true
}
trap leave EXIT
case $backend in
  # Its own tables: others come and go beside them.
  postgres)
    sql "CREATE ROLE $name LOGIN; $(printf "GRANT SELECT ON ${name}_%s TO $name; " store blob root tail)"
    ;;
  # Of these hosts, or the server's nameless account would be the nearer one.
  mysql) sql "CREATE USER $name@localhost, $name@'127.0.0.1'; GRANT SELECT ON \`$(value dbname)\`.* TO $name@localhost, $name@'127.0.0.1'" ;;
esac

# Each form has one line of answer, and each line here one pattern.
forms=$(
  cat <<END
(require '[datahike.api :as d])
(def writer (d/connect {:store $writing}))
(count (:tx-data (d/transact writer [{:db/ident :n :db/valueType :db.type/long :db/cardinality :db.cardinality/one}])))
(count (:tx-data (d/transact writer [{:n 1} {:n 2}])))
(def reader (d/connect {:store $reading}))
(d/q '[:find (sum ?n) . :where [_ :n ?n]] @reader)
(count (:tx-data (d/transact writer [{:n 39}])))
(d/q '[:find (sum ?n) . :where [_ :n ?n]] @reader)
(d/transact reader [{:n 100}])
(d/q '[:find (sum ?n) . :where [_ :n ?n]] @writer)
(def other (d/connect {:store $own}))
(d/q '[:find (sum ?n) . :where [_ :n ?n]] @other)
END
)
wanted="nil
#'writer
4
3
#'reader
3
2
42
#cairn/error {:code :io/denied .*
42
#'other
42"
status=0
answers=$("$command" shell <<<"$forms") || status=$?
[ "$status" = 1 ] # one of them is refused
[ "$(wc -l <<<"$answers")" = "$(wc -l <<<"$wanted")" ] || { printf '%s\n' "$answers" >&2; exit 1; }
while IFS= read -r pattern && IFS= read -r answer <&3; do
  grep -qxE -- "$pattern" <<<"$answer" || { printf 'expected %s, got\n%s\nin\n%s\n' "$pattern" "$answer" "$answers" >&2; exit 1; }
done <<<"$wanted" 3<<<"$answers"

# expect CODE ARGUMENT...: the command ends with 1 and says the code.
expect() {
  local code=$1 said
  shift
  if said=$("$command" "$@" 2>&1); then said="nothing: $said"; fi
  [[ $said == *"$code"* ]] || { printf 'expected %s of cairn %s, got\n%s\n' "$code" "$*" "$said" >&2; exit 1; }
}
form='[{:n 7}]'
if [ "$backend" = postgres ]; then
  sql "$(printf "GRANT ALL ON ${name}_%s TO $name; " store blob root tail) ALTER ROLE $name SET default_transaction_read_only = on"
  expect io/read-only import "{:store $reading}" <(echo "$form")
fi
if [ "$backend" != s3 ]; then
  sql "UPDATE ${name}_store SET format = format + 1"
  expect store/format stats "{:store $writing}"
  expect store/format import "{:store $writing}" <(echo "$form")
  sql "UPDATE ${name}_store SET format = format - 1"
  "$command" verify "{:store $writing}" >/dev/null
fi
