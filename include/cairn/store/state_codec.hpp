// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// How a checkpoint and the tail after it are written and read.
#pragma once

#include <cairn/datom/checksum.hpp>
#include <cairn/db/clock.hpp>
#include <cairn/db/schema_codec.hpp>
#include <cairn/db/snapshot.hpp>
#include <cairn/db/tx_record.hpp>
#include <cairn/index/persistent_set.hpp>
#include <cairn/meta/lazy.hpp>
#include <cairn/store/commit_id.hpp>
#include <cairn/store/root_state.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::codec {

/// Writes what an index needs to be opened again: its size and the address of its root. Nodes that are not in the store
/// are written to `sink` first, children before parents.
template <class Index>
void write_index(ByteWriter& out, Index const& index, NodeSink const& sink, FlushReceipt& receipt) {
  out.varint(index.size());
  if (index.empty()) return;
  auto const root = index.flush(sink, &receipt);
  out.raw(root.view());
}

template <class Index>
Index read_index(ByteReader& in, std::shared_ptr<NodeSource const> const& source) {
  auto const size = in.varint();
  if (size == 0) return Index::open({}, 0, source);
  return Index::open(NodeAddress::of(in.raw(source->address_size)), size, source);
}

template <class IndexTag>
void write_indexes(ByteWriter& out, Indexes<IndexTag> const& indexes, NodeSink const& sink, FlushReceipt& receipt) {
  write_index(out, indexes.eavt, sink, receipt);
  write_index(out, indexes.aevt, sink, receipt);
  write_index(out, indexes.avet, sink, receipt);
}

template <class IndexTag>
void read_indexes(ByteReader& in, Indexes<IndexTag>& indexes, std::shared_ptr<NodeSource const> const& source) {
  indexes.eavt = read_index<decltype(indexes.eavt)>(in, source);
  indexes.aevt = read_index<decltype(indexes.aevt)>(in, source);
  indexes.avet = read_index<decltype(indexes.avet)>(in, source);
}

template <class IndexTag>
std::vector<std::byte> write_state(std::vector<CommitId>& commits, std::span<CommitParent const> parents,
                                   Snapshot<IndexTag> const& snapshot, NodeSink const& sink, FlushReceipt& receipt, bool is_renewal) {
  cairn::detail::require_no_gap(snapshot);
  if (sink.name_of != nullptr) commits.emplace_back();
  ByteWriter out;
  for (char const c : state_magic) out.u8(static_cast<std::uint8_t>(c));
  out.u8(format_version);
  auto const named = std::span{commits}.last((std::min)(commits.size(), max_absorbed_commits));
  out.varint(named.size());
  for (auto const& commit : named) write(out, commit);
  auto const end_of_commits = out.size();
  out.varint(parents.size());
  for (auto const& parent : parents) {
    write(out, parent.id);
    out.raw(parent.record.view());
  }
  out.signed_varint(current_instant().milliseconds);
  out.text(IndexTag::name);
  auto const& options = *snapshot.options;
  out.u8(static_cast<std::uint8_t>((options.keep_history ? 1U : 0U) | (options.attribute_refs ? 2U : 0U) |
                                   (options.schema_flexibility == SchemaFlexibility::read ? 4U : 0U) |
                                   (is_renewal ? 8U : 0U) | (snapshot.last_set_back < first_transaction ? 16U : 0U)));
  out.varint(static_cast<std::uint64_t>(snapshot.max_entity));
  out.varint(static_cast<std::uint64_t>(snapshot.max_tx));
  out.signed_varint(snapshot.last_instant.milliseconds);
  write(out, *snapshot.schema);
  write_indexes(out, snapshot.current, sink, receipt);
  write_indexes(out, snapshot.temporal, sink, receipt);
  if (sink.name_of != nullptr) {
    commits.back() = CommitId{sink.name_of(out.view())};  // its place is zeros until then
    out.overwrite(end_of_commits - sizeof(CommitId), commits.back().bytes);
  }
  seal(out);
  return std::move(out).take();
}

/// Errors: `store/corrupt` where a checkpoint in a store that names commits is called otherwise than its content says. `end_of_commits`: how many
/// bytes come before what follows its name.
template <meta::Lazy = {}>
void check_name(std::span<std::byte const> content, std::size_t end_of_commits, CommitId const& id, NodeSource const& source) {
  std::vector<std::byte> named{content.begin(), content.end()};
  std::fill_n(named.begin() + static_cast<std::ptrdiff_t>(end_of_commits - sizeof(CommitId)), sizeof(CommitId), std::byte{});
  if (CommitId{source.name_of(named)} == id) return;
  raise(Errc::store_corrupt,
        "The commit " + to_text(id) + " is not what was committed under this name: its content has been changed. Restore the store from a backup, "
        "and ask who can write to it.",
        "{:commit #uuid \"" + to_text(id) + "\"}");
}

/// A root whose bytes are others than the engine's may be what a layer has made of them.
inline constexpr std::string_view opened_without_layer =
    "If the store was created through a layer (:audited, :compressed, :encrypted), open it through that: nothing is wrong with it then. Otherwise ";

template <class IndexTag>
Checkpoint<IndexTag> read_state(std::span<std::byte const> bytes, std::shared_ptr<NodeSource const> const& source,
                                DatabaseOptions options) {
  ByteReader head{bytes};
  auto const magic = head.raw((std::min)(state_magic.size(), bytes.size()));
  if (!std::ranges::equal(magic, std::as_bytes(std::span{state_magic}))) {
    ByteReader::corrupt("the root holds no database of Cairn's; if the store was created through a layer, open it through that");
  }
  // Before the checksum: a newer version may have another.
  auto const version = head.u8();
  if (version == 0 || version > format_version) {
    raise(Errc::store_format,
          "The database was written in format " + std::to_string(version) + "; this version of Cairn reads up to " +
              std::to_string(format_version) + ". Open it with the version that wrote it, or a newer one.",
          "{:found " + std::to_string(version) + " :supported " + std::to_string(format_version) + "}");
  }
  ByteReader in{unseal(bytes, "The root of the database", opened_without_layer).subspan(state_magic.size() + 1)};
  Checkpoint<IndexTag> checkpoint{std::vector<CommitId>(in.count(sizeof(CommitId))), {}, {}, {}, false};
  for (auto& commit : checkpoint.commits) commit = read_commit_id(in);
  if (source->name_of != nullptr) {
    if (checkpoint.commits.empty()) ByteReader::corrupt("a commit has no name");
    auto const content = bytes.first(bytes.size() - sizeof(std::uint64_t));
    check_name(content, content.size() - in.remaining(), checkpoint.id(), *source);
  }
  if (version > 1) {
    checkpoint.parents.resize(in.count(sizeof(CommitId) + source->address_size));
    for (auto& parent : checkpoint.parents) {
      parent.id = read_commit_id(in);
      parent.record = NodeAddress::of(in.raw(source->address_size));
    }
    checkpoint.written = Instant{in.signed_varint()};
  }
  if (auto const index = in.text(); index != IndexTag::name) {
    raise(Errc::config_mismatch, "The database was created with the index " + std::string{index} +
                                     ", this program opens it with " + std::string{IndexTag::name} +
                                     ". Name that index's tag in Store<Backend, IndexTag>.");
  }
  auto& snapshot = checkpoint.snapshot;
  auto const flags = in.u8();
  options.keep_history = (flags & 1U) != 0;
  options.attribute_refs = (flags & 2U) != 0;
  options.schema_flexibility = (flags & 4U) != 0 ? SchemaFlexibility::read : SchemaFlexibility::write;
  checkpoint.is_renewal = (flags & 8U) != 0;
  snapshot.options = std::make_shared<DatabaseOptions const>(std::move(options));
  auto const max_entity = in.varint();
  auto const max_tx = in.varint();
  constexpr auto first_tx = static_cast<std::uint64_t>(first_transaction);
  if (max_entity >= first_tx) ByteReader::corrupt("an entity's number is too large");  // as in a transaction's record
  if (max_tx < first_tx - 1 || max_tx >= 2 * first_tx) ByteReader::corrupt("a transaction's number is out of range");
  snapshot.max_entity = static_cast<EntityId>(max_entity);
  snapshot.max_tx = static_cast<EntityId>(max_tx);
  snapshot.last_instant = Instant{in.signed_varint()};
  if ((flags & 16U) == 0) snapshot.last_set_back = snapshot.max_tx;  // it may be
  snapshot.schema = std::make_shared<DatabaseSchema const>(read_schema(in, snapshot.options->attribute_refs));
  read_indexes(in, snapshot.current, source);
  read_indexes(in, snapshot.temporal, source);
  if (!in.at_end()) ByteReader::corrupt("there is more behind the root's last index");
  if (version == 1) checkpoint.written = snapshot.last_instant;
  return checkpoint;
}

template <meta::Lazy>
std::vector<std::byte> write_frame(std::span<std::pair<CommitId, TxRecord const*> const> transactions) {
  ByteWriter out;
  std::size_t size = 8;
  for (auto const& [commit, record] : transactions) size += 64 + 24 * record->datoms.size();  // what small values take
  out.reserve(size);
  for (auto const& [commit, record] : transactions) {
    write(out, commit);
    write(out, *record);
  }
  seal(out);
  return std::move(out).take();
}

template <meta::Lazy>
std::vector<TailTransaction> read_frame(std::span<std::byte const> bytes) {
  ByteReader in{unseal(bytes, "A transaction in the tail of the database")};
  std::vector<TailTransaction> transactions;
  do {
    auto const commit = read_commit_id(in);
    transactions.push_back({commit, read_tx_record(in)});
  } while (!in.at_end());
  return transactions;
}

}  // namespace cairn::codec
