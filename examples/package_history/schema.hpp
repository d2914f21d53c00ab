// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the database says of packages: its attributes, and the store that it is in.
#pragma once

#include <cairn/backends/file/backend.hpp>
#include <cairn/cairn.hpp>
#include <cairn/query/compiled/q.hpp>
#include <cairn/query/query.hpp>

#include <string_view>

namespace package_history {

using Store = cairn::Store<cairn::backends::file::Backend>;
using Connection = Store::Connection;
using Database = Connection::Database;

/// A name of a package is an entity, be there a package of that name, packages that provide it, both or neither. A
/// choice, `a | b`, is an entity too, so that whatever a package depends on is a reference.
inline constexpr std::string_view schema = R"([
  {:db/ident :package/name        :db/valueType :db.type/string  :db/cardinality :db.cardinality/one
   :db/unique :db.unique/identity}
  {:db/ident :package/version     :db/valueType :db.type/string  :db/cardinality :db.cardinality/one
   :db/doc "The version that is installed."}
  {:db/ident :package/status      :db/valueType :db.type/keyword :db/cardinality :db.cardinality/one
   :db/doc "What dpkg calls the state that the package is in."}
  {:db/ident :package/available   :db/valueType :db.type/string  :db/cardinality :db.cardinality/one
   :db/doc "The version that apt knows of."}
  {:db/ident :package/section     :db/valueType :db.type/string  :db/cardinality :db.cardinality/one :db/index true}
  {:db/ident :package/size        :db/valueType :db.type/long    :db/cardinality :db.cardinality/one :db/index true
   :db/doc "Installed, in KiB."}
  {:db/ident :package/summary     :db/valueType :db.type/string  :db/cardinality :db.cardinality/one}
  {:db/ident :package/maintainer  :db/valueType :db.type/ref     :db/cardinality :db.cardinality/one}
  {:db/ident :package/depends     :db/valueType :db.type/ref     :db/cardinality :db.cardinality/many}
  {:db/ident :package/recommends  :db/valueType :db.type/ref     :db/cardinality :db.cardinality/many}
  {:db/ident :package/provides    :db/valueType :db.type/ref     :db/cardinality :db.cardinality/many}
  {:db/ident :maintainer/name     :db/valueType :db.type/string  :db/cardinality :db.cardinality/one
   :db/unique :db.unique/identity}
  {:db/ident :choice/text         :db/valueType :db.type/string  :db/cardinality :db.cardinality/one
   :db/unique :db.unique/identity}
  {:db/ident :choice/of           :db/valueType :db.type/ref     :db/cardinality :db.cardinality/many}
  {:db/ident :run/finished        :db/valueType :db.type/instant :db/cardinality :db.cardinality/one
   :db/doc "Of a transaction that is a run of the package manager. :db/txInstant is when it started."}
])";

/// The attributes' names, looked up once.
namespace attribute {
inline cairn::Keyword const name{":package/name"};
inline cairn::Keyword const version{":package/version"};
inline cairn::Keyword const status{":package/status"};
inline cairn::Keyword const available{":package/available"};
inline cairn::Keyword const section{":package/section"};
inline cairn::Keyword const size{":package/size"};
inline cairn::Keyword const summary{":package/summary"};
inline cairn::Keyword const maintainer{":package/maintainer"};
inline cairn::Keyword const depends{":package/depends"};
inline cairn::Keyword const recommends{":package/recommends"};
inline cairn::Keyword const provides{":package/provides"};
inline cairn::Keyword const maintainer_name{":maintainer/name"};
inline cairn::Keyword const choice_text{":choice/text"};
inline cairn::Keyword const choice_of{":choice/of"};
inline cairn::Keyword const run_finished{":run/finished"};
inline cairn::Keyword const tx_instant{":db/txInstant"};
}  // namespace attribute

}  // namespace package_history
