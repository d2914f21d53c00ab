// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The transactions of a database, one after the other.
#pragma once

#include <cairn/db/db.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace cairn {

/// One transaction of the past: what it asserted and retracted, by entity and attribute, itself last.
struct Transaction {
  EntityId tx = 0;
  Instant instant{};
  std::vector<Datom> datoms{};
};

/// An end of a range of transactions: a transaction, a moment, or nothing for no limit.
class TxBound {
 public:
  TxBound() = default;
  TxBound(std::nullopt_t) {}                      // NOLINT(google-explicit-constructor)
  TxBound(EntityId tx) : which_{tx} {}            // NOLINT(google-explicit-constructor)
  TxBound(Instant instant) : which_{instant} {}   // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::variant<std::monostate, EntityId, Instant> const& which() const noexcept { return which_; }

 private:
  std::variant<std::monostate, EntityId, Instant> which_{};
};

namespace detail {

/// The first transaction that is not before the bound.
template <class IndexTag>
EntityId first_transaction_from(Db<IndexTag> const& db, TxBound const& bound, EntityId otherwise) {
  if (auto const* tx = std::get_if<EntityId>(&bound.which())) return *tx;
  if (auto const* instant = std::get_if<Instant>(&bound.which())) {
    if (instant->milliseconds == (std::numeric_limits<std::int64_t>::min)()) return first_transaction;
    return db.transaction_at(Instant{instant->milliseconds - 1}) + 1;
  }
  return otherwise;
}

}  // namespace detail

/// The transactions from `from` on, up to and without `to`, in their order, with what each asserted and retracted. What
/// was purged is not in it, nor the past of attributes without history; without history, only what is still true.
///
/// It is a log, of the present as of `history()`. `as_of` and `since` bound it; a filter is asked about every datom,
/// and a transaction of which it shows nothing is left out. Where it hides the `:db/txInstant`, the instant is 1970.
///
/// Complexity: linear in the database, and O(m · log m) in what is found: the indexes are not ordered by transaction.
/// Errors: those of the store that nodes are read from.
template <class IndexTag>
[[nodiscard]] std::vector<Transaction> tx_range(Db<IndexTag> const& db, TxBound from = {}, TxBound to = {}) {
  auto const& view = db.view();
  auto const last = (std::min)(view.as_of, db.max_tx());
  auto const first = (std::max)(detail::first_transaction_from(db, from, first_transaction),
                                (std::clamp)(view.since, first_transaction - 1, db.max_tx()) + 1);
  auto const end = (std::min)(detail::first_transaction_from(db, to, last + 1), last + 1);
  std::vector<Transaction> found;
  if (first >= end) return found;
  found.resize(static_cast<std::size_t>(end - first));
  for (auto tx = first; tx != end; ++tx) found[static_cast<std::size_t>(tx - first)].tx = tx;
  auto const& snapshot = db.snapshot();
  for (auto const* indexes : {&snapshot.current, &snapshot.temporal}) {
    for (auto cursor = indexes->eavt.begin(); cursor.valid(); cursor.next()) {
      auto&& datom = *cursor;
      if (datom.tx < first || datom.tx >= end) continue;
      auto shown = detail::to_datom(datom, db.schema());
      if (view.filter && !view.filter->accepts(shown)) continue;
      auto& transaction = found[static_cast<std::size_t>(datom.tx - first)];
      if (datom.a == system_attribute::tx_instant && datom.e == datom.tx) transaction.instant = datom.v.as_instant();
      transaction.datoms.push_back(std::move(shown));
    }
  }
  std::erase_if(found, [](Transaction const& transaction) { return transaction.datoms.empty(); });
  auto const by_fact = [](Datom const& left, Datom const& right) {
    auto const rank = [](Datom const& datom) { return std::tuple{datom.e, datom.a.text()}; };
    if (rank(left) != rank(right)) return rank(left) < rank(right);
    if (left.added != right.added) return right.added;
    return left.v < right.v;
  };
  for (auto& transaction : found) std::sort(transaction.datoms.begin(), transaction.datoms.end(), by_fact);
  return found;
}

}  // namespace cairn
