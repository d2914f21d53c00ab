// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A transaction that is being put together.
#pragma once

#include "schema.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace package_history {

/// Gathers operations and commits them, and knows the entities that have a name. It is the only one to write to the
/// store, so it needn't ask the database which names are there.
class Batch {
 public:
  explicit Batch(Connection& connection) : connection_{&connection} {}

  /// The entity that has `name` under a unique attribute. Where there is none yet, this transaction makes it, and the
  /// number is a temporary one until then: it is good for operations of this batch and not to be kept.
  cairn::EntityId entity(cairn::Keyword identity, std::string const& name, bool* is_new = nullptr) {
    auto const [found, inserted] = known_[identity].try_emplace(name, next_temporary_);
    if (is_new != nullptr) *is_new = inserted;
    if (inserted) {
      fresh_.push_back(&found->second);
      --next_temporary_;
      add(found->second, identity, name);
    }
    return found->second;
  }

  void add(cairn::EntityId entity, cairn::Keyword attribute, cairn::TxValue value) {
    operations_.push_back(cairn::add(entity, attribute, std::move(value)));
  }
  /// Takes all values of the attribute back.
  void retract(cairn::EntityId entity, cairn::Keyword attribute) {
    operations_.push_back(cairn::retract(entity, attribute));
  }

  /// Commits a schema, as something that was so from `when` on.
  void commit_schema(std::string_view text, cairn::Instant when) {
    operations_ = cairn::TxData{text}.operations;
    commit_at(when);
  }

  [[nodiscard]] std::size_t size() const noexcept { return operations_.size(); }

  /// Commits what was gathered, now.
  void commit() { commit(cairn::TxData{std::exchange(operations_, {})}); }

  /// Commits what was gathered as something that happened at `when`: transactions are in the order of their instants,
  /// so it is put right after the one before where that was not earlier.
  void commit_at(cairn::Instant when, std::optional<cairn::Instant> finished = std::nullopt) {
    last_instant_ = std::max(when, cairn::Instant{last_instant_.milliseconds + 1});
    if (finished) operations_.push_back(cairn::add("datomic.tx", attribute::run_finished, *finished));
    commit(cairn::TxData{std::exchange(operations_, {})}.with_meta(attribute::tx_instant, last_instant_));
  }

 private:
  void commit(cairn::TxData const& data) {
    auto const report = connection_->transact(data);
    for (auto* number : fresh_) *number = report.tempids.at(*number);
    fresh_.clear();
    next_temporary_ = -1;
  }

  Connection* connection_;
  std::vector<cairn::TxOp> operations_;
  std::unordered_map<cairn::Keyword, std::unordered_map<std::string, cairn::EntityId>> known_;
  std::vector<cairn::EntityId*> fresh_;  // of the numbers in known_, those that are temporary
  cairn::EntityId next_temporary_ = -1;
  cairn::Instant last_instant_{};
};

}  // namespace package_history
