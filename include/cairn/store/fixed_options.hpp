// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The options that are fixed when a database is created, held against those that a connection asks for.
#pragma once

#include <cairn/db/options.hpp>
#include <cairn/error/error.hpp>

#include <string>
#include <string_view>

namespace cairn::detail {

[[noreturn]] inline void raise_option_mismatch(std::string_view key, std::string const& asked, std::string const& is) {
  raise(Errc::config_mismatch,
        "The database was created with :" + std::string{key} + " " + is + ", and the configuration says " + asked +
            ". It is fixed at creation: leave it out, or create another database.",
        "{:key :" + std::string{key} + " :is " + is + " :asked " + asked + "}");
}

inline std::string edn_of(bool flag) { return flag ? "true" : "false"; }
inline std::string edn_of(SchemaFlexibility flexibility) { return flexibility == SchemaFlexibility::read ? ":read" : ":write"; }

/// An index by its tag's name, `:persistent-set` or `:datahike.index/persistent-set`, against the one that this program is built with.
/// Errors: `config/mismatch`.
inline void check_index(DatabaseOptions const& asked, std::string_view index) {
  if (!asked.index || asked.index->name() == index) return;
  auto const is = ":" + std::string{index};
  auto const wanted = ":" + std::string{asked.index->text()};
  raise(Errc::config_mismatch,
        "The configuration says :index " + wanted + ", and this program makes and opens databases whose index is " + is +
            ": leave :index out, or take a program that is built with that index's tag (Store<Backend, IndexTag>).",
        "{:key :index :is " + is + " :asked " + wanted + "}");
}

/// Only what the map really says is held against the database: the rest is never a reason to refuse. Errors: `config/mismatch`.
inline void check_fixed_options(notation::Form whole, DatabaseOptions const& asked, DatabaseOptions const& is) {
  auto const says = [&](std::string_view key) {
    return whole.find(key).has_value() || whole.find(std::string{key} + "?").has_value();
  };
  if (says("keep-history") && asked.keep_history != is.keep_history) {
    raise_option_mismatch("keep-history?", edn_of(asked.keep_history), edn_of(is.keep_history));
  }
  if (says("schema-flexibility") && asked.schema_flexibility != is.schema_flexibility) {
    raise_option_mismatch("schema-flexibility", edn_of(asked.schema_flexibility), edn_of(is.schema_flexibility));
  }
  if (says("attribute-refs") && asked.attribute_refs != is.attribute_refs) {
    raise_option_mismatch("attribute-refs?", edn_of(asked.attribute_refs), edn_of(is.attribute_refs));
  }
}

}  // namespace cairn::detail
