// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Imports: large transactions that only add.
#pragma once

#include <cairn/datom/datom.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/tx_data.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cairn {

/// One fact to import: of an entity, by its number or a negative one that stands for a new entity in the whole import.
struct ImportFact {
  EntityId entity = 0;
  Keyword attribute;
  Value value{};  ///< of a reference an entity in the same way
};

/// How an import works.
struct ImportOptions {
  /// Bytes for datoms that wait to be sorted. What does not fit waits in a temporary file. More is not faster: what is sorted
  /// in the processor's cache and merged from compact runs has cost less than touching fresh memory, for 1 to 5 million datoms.
  std::size_t memory = std::size_t{12} << 20U;
  /// Where that file is; empty: `TMPDIR`, or /var/tmp.
  std::string directory{};
  /// Called now and then while the sorted facts become indexes, with how many entries these have so far. What it throws ends
  /// the import, and nothing has changed.
  std::function<void(std::uint64_t entries)> progress{};
};

namespace detail {

template <class IndexTag>
class BulkImport;

/// Takes facts one by one, and makes of a snapshot the one that has them too. What it refuses it refuses as a whole: nothing
/// refers to the nodes that it wrote.
///
/// It only adds: a second value for an attribute of one value, a unique value that another entity has, and what would need
/// the machinery of a transaction (schema, composite tuples, predicates) are refused. Facts that are true already stay as
/// they are.
template <class IndexTag>
class Import {
 public:
  Import(Snapshot<IndexTag> const& base, Instant clock, ImportOptions const& options);
  Import(Import const&) = delete;
  Import& operator=(Import const&) = delete;
  ~Import();

  void add(ImportFact fact);
  /// Errors: `transact/syntax` for an operation that does more than add.
  void add(TxOp const& operation);

  /// The snapshot with all of it; once. Nodes go to `sink` as soon as they are full and are read back from `source`.
  [[nodiscard]] Snapshot<IndexTag> finish(NodeSink const& sink, std::shared_ptr<NodeSource const> const& source);

  [[nodiscard]] EntityId tx() const noexcept;
  /// Those that became true, the transaction's own too. After `finish`.
  [[nodiscard]] std::uint64_t datoms() const noexcept;

 private:
  std::unique_ptr<BulkImport<IndexTag>> work_;
};

}  // namespace detail

}  // namespace cairn

#ifndef CAIRN_ENGINE
#include <cairn/db/bulk_import.hpp>
#endif
