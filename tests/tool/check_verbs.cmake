# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
# cmake -D command=... -D directory=... -P check_verbs.cmake: a database's life on the command line.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${directory}")
file(MAKE_DIRECTORY "${directory}")
set(store "${directory}/store")

# run(STATUS PATTERN ARGUMENT...): the command ends with STATUS, and what it prints matches.
function(run status pattern)
  execute_process(COMMAND "${command}" ${ARGN} OUTPUT_VARIABLE out ERROR_VARIABLE err RESULT_VARIABLE result)
  if(NOT "${result}" STREQUAL "${status}" OR NOT "${out}${err}" MATCHES "${pattern}")
    message(FATAL_ERROR "cairn ${ARGN}\nended with ${result} (expected ${status}) and printed\n${out}${err}\nexpected ${pattern}")
  endif()
endfunction()

file(WRITE "${directory}/facts.edn" [=[
[{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}
 {:db/ident :age :db/valueType :db.type/long :db/cardinality :db.cardinality/one}]
{:name "Ivan" :age 41}
{:name "Petra" :age 37}
[[:db/add [:name "Ivan"] :age 42]]
]=])
file(WRITE "${directory}/wrong.edn" "[{:name \"Oleg\"}]\n[{:nonsense 1}]\n")

run(1 "store/does-not-exist" stats "${store}")
run(0 "^$" create "${store}")
run(1 "store/exists" create "${store}")
run(0 "^{:transactions 3 :datoms 16}\n$" import "${store}" "${directory}/facts.edn")
run(1 "transact/schema" import "${store}" "${directory}/wrong.edn")

# In bulk: a schema, then everything else as one transaction, longer than what is read of a file at a time.
set(bulk "${directory}/bulk")
set(people "[{:db/ident :name :db/valueType :db.type/string :db/cardinality :db.cardinality/one :db/unique :db.unique/identity}\n")
string(APPEND people " {:db/ident :knows :db/valueType :db.type/ref :db/cardinality :db.cardinality/many}]\n")
string(REPEAT "; a comment that takes some room in a file, so that it has to be read in pieces\n" 400 comment)
foreach(number RANGE 1 100)
  string(APPEND people "{:db/id -${number} :name \"Person ${number}\"}\n${comment}")
endforeach()
file(WRITE "${directory}/bulk.edn" "${people}[[:db/add -1 :knows -2] [:db/add \"new\" :knows -1]]\n")
file(WRITE "${directory}/retracts.edn" "{:name \"Oleg\"}\n[[:db/retract 1 :name]]\n")
file(WRITE "${directory}/broken.edn" "${people}{:name \"Oleg\"\n")
# Columns are counted in a line of several reads, a letter of two bytes as one; what stands before the place is shown.
string(REPEAT "{:name \"Zoë\"} #_[1 2]  " 60000 people)
file(WRITE "${directory}/long.edn" "\n${people}} {:name \"Oleg\"}\n")
run(0 "^$" create "${bulk}")
run(0 "^{:transactions 2 :datoms 111}\n$" import --bulk "${bulk}" "${directory}/bulk.edn")
run(0 "^{:transactions 0 :datoms 0}\n$" import --bulk "${bulk}" /dev/null)
run(1 "only adds.*transact/syntax" import --bulk "${bulk}" "${directory}/retracts.edn")
run(1 "transact/unique" import --bulk "${bulk}" "${directory}/bulk.edn")
run(1 "line 40103, column 1:.*edn/syntax" import --bulk "${bulk}" "${directory}/broken.edn")
run(1 "line 2, column 1380001: unmatched '}'.*\n  ...[^\n]*#_.1 2.  } {:name .Oleg.}\n +\\^" import --batch 1000000 "${bulk}" "${directory}/long.edn")
# What cannot be read is no empty file.
execute_process(COMMAND sh -c "exec \"$0\" import \"$1\" - </" "${command}" "${bulk}" ERROR_VARIABLE err RESULT_VARIABLE result)
if(NOT "${result}" STREQUAL "1" OR NOT "${err}" MATCHES "io/error")
  message(FATAL_ERROR "cairn import - of a directory ended with ${result} and printed\n${err}")
endif()
run(2 "excludes" import --bulk --batch 2 "${bulk}" "${directory}/bulk.edn")
run(0 "^101\n$" q "${bulk}" "[:find (count ?e) . :where (or [?e :name] [?e :knows])]")
run(0 ":sound true" verify "${bulk}")
run(0 ":datoms 16 .*:history 2 .*:transactions 4 .*:tail-bytes 0 .*:path \"${store}\"" stats "${store}")
run(0 "^#{\\[\"Petra\"\\]}\n$" q "${store}" "[:find ?n :in $ ?a :where [?e :age ?a] [?e :name ?n]]" 37)
run(0 "^#{\\[\"Ivan\"\\] \\[\"Petra\"\\]}\n$" q "${store}" "[:find ?n :in $ [?n ...] :where [_ :name ?n]]" "[\"Ivan\" \"Petra\"]")
run(0 "^42\n$" q "${store}" "[:find ?a . :in $ ?e :where [?e :age ?a]]" "[:name \"Ivan\"]")
run(0 "^#{\\[\"Ivan\"\\]}\n$" q "${store}" "[:find ?n :in $ % :where (old ?e) [?e :name ?n]]" "[[(old ?e) [?e :age ?a] [(< 40 ?a)]]]")
run(0 "^\"\\[not EDN\"\n$" q "${store}" "[:find ?x . :in $ ?x :where [_ :name \"Ivan\"]]" --timeout 9223372036854775807 "[not EDN")
run(0 "^\\[\\[\"Ivan\",42\\],\\[\"Petra\",37\\]\\]\n$" q "${store}" "[:find ?n ?a :where [?e :name ?n] [?e :age ?a] :order-by ?n]" --format json)
run(0 "^.n,.a\nIvan,42\n$" q "${store}" "[:find ?n ?a :in $ ?n :where [?e :name ?n] [?e :age ?a]]" Ivan --format csv)
run(0 "^.n +.a\n-+  --\n\"Ivan\"   +41\n\"Petra\"  +37\n2 rows\n$" q "${store}"
    "[:find ?n ?a :where [?e :name ?n] [?e :age ?a] :order-by ?n]" --as-of 281474976710658 --format table)
run(1 "line 1, column 30: there is no function of this name; the nearest is even. .:query/where.\n.*\n +\\^\n" q "${store}"
    "[:find ?a :where [_ :a ?a] [(evem? ?a)]]")
run(0 ":name" explain "${store}" "[:find ?n :where [?e :name ?n]]")
run(2 "format" q "${store}" "[:find ?n :where [?e :name ?n]]" --format xml)
run(0 ":sound true" verify "cairn:file://${store}")
run(0 ":sound true" verify "{:store {:backend :file :path \"${store}\"}}")
run(0 "^$" create "cairn:file://${directory}/small" --no-history --schema-on-read)
run(0 ":mem .*:file " backends)
run(0 ":segment-size +bytes +\"64MiB\"" backends file)
run(0 "{:config .*:id :mem" backends mem --edn)
run(1 "did you mean :file" backends fil)
run(0 "| `:path` | path | \\(required\\) |" backends file --markdown)

# README's table of backends says what the types say.
file(READ "${CMAKE_CURRENT_LIST_DIR}/../../README.md" readme)
string(REGEX REPLACE "\\[(`:[a-z0-9]+`)\\]\\([^)]*\\)" "\\1" readme "${readme}")
execute_process(COMMAND "${command}" backends --markdown OUTPUT_VARIABLE table)
string(REGEX MATCHALL "\\| `:[^\n]+" rows "${table}")
list(LENGTH rows count)
if(count LESS 2)
  message(FATAL_ERROR "cairn backends --markdown printed\n${table}")
endif()
foreach(row IN LISTS rows)
  string(FIND "${readme}" "${row}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "README.md has no row\n${row}")
  endif()
endforeach()

# A backend's own README has all keys of its configuration.
foreach(backend IN ITEMS mem file sqlite lmdb rocksdb redis postgres mysql s3)
  if(table MATCHES "`:${backend}`")
    file(READ "${CMAKE_CURRENT_LIST_DIR}/../../backends/cairn/backends/${backend}/README.md" readme)
    execute_process(COMMAND "${command}" backends ${backend} --markdown OUTPUT_VARIABLE keys)
    string(REGEX MATCHALL "\n\\| `:[^|]+\\|" keys "${keys}")
    foreach(key IN LISTS keys)
      string(FIND "${readme}" "${key}" position)
      if(position EQUAL -1)
        message(FATAL_ERROR "the README of ${backend} has no row ${key}")
      endif()
    endforeach()
  endif()
endforeach()

# On each backend that needs a library and is there.
foreach(backend IN ITEMS sqlite lmdb rocksdb)
  if(table MATCHES "`:${backend}`")
    set(other "{:store {:backend :${backend} :path \"${directory}/${backend}\"}}")
    run(0 "^$" create "${other}")
    run(0 "^{:transactions 3 :datoms 16}\n$" import "${other}" "${directory}/facts.edn")
    run(0 "^42\n$" q "${other}" "[:find ?a . :in $ ?e :where [?e :age ?a]]" "[:name \"Ivan\"]")
    run(0 ":sound true" verify "${other}")
  endif()
endforeach()
run(0 "^cairn [0-9]+\\.[0-9]+" --version)
run(2 "subcommand" nonsense)
file(REMOVE_RECURSE "${directory}")
