// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Statistics as Prometheus reads them.
#pragma once

#include <cairn/layer/metrics.hpp>
#include <cairn/store/stats.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

/// What tells one connection's figures from another's. Goes to whoever reads the metrics: no place for a password.
struct MetricLabels {
  std::string store{};    ///< a name of your choice
  std::string branch{};   ///< left out where it is empty
  std::string backend{};  ///< the same
};

namespace detail {

enum class MetricType : std::uint8_t { gauge, counter };

struct MetricText {
  MetricType type;
  std::string_view help;
};

/// One for each field of ConnectionStats, in their order.
inline constexpr std::array<MetricText, meta::field_count<ConnectionStats>> metric_texts{{
    {MetricType::gauge, "Datoms that are true."},
    {MetricType::gauge, "Datoms that are true and can be found by their value."},
    {MetricType::gauge, "Datoms that are kept of what is no longer true."},
    {MetricType::gauge, "Attributes that users named."},
    {MetricType::gauge, "The largest entity id."},
    {MetricType::gauge, "The id of the last transaction."},
    {MetricType::gauge, "Transactions of the database."},
    {MetricType::gauge, "When the last transaction was, in milliseconds since 1970."},
    {MetricType::gauge, "Levels of the index EAVT."},
    {MetricType::gauge, "Frames that wait in the tail for a checkpoint."},
    {MetricType::gauge, "Bytes that wait in the tail for a checkpoint."},
    {MetricType::gauge, "Bytes of the tail after which a checkpoint is made."},
    {MetricType::gauge, "Database values that this process holds."},
    {MetricType::gauge, "Transactions that wait for a commit."},
    {MetricType::gauge, "Bytes of index leaves in memory that could be read again."},
    {MetricType::gauge, "Bytes of index leaves that may be in memory."},
    {MetricType::gauge, "Visits of an index that found what they needed in memory, about."},
    {MetricType::counter, "Index leaves that were read from the store."},
    {MetricType::counter, "Index leaves that were forgotten to make room."},
    {MetricType::counter, "Transactions and imports that were committed."},
    {MetricType::counter, "Transactions that were refused."},
    {MetricType::counter, "Commits that others overtook."},
    {MetricType::counter, "Commits that added a frame to the tail."},
    {MetricType::counter, "Commits that wrote nodes and replaced the state."},
    {MetricType::counter, "Index nodes that were written."},
    {MetricType::counter, "Bytes of transactions in their stored form."},
    {MetricType::counter, "Bytes of frames that were added to the tail."},
    {MetricType::counter, "Bytes of nodes, states and records that were written, imports aside."},
    {MetricType::counter, "Bytes of nodes, states and records that imports have written."},
    {MetricType::gauge, "Bytes that were written for each byte of a transaction."},
    {MetricType::gauge, "Branches of the store."},
    {MetricType::gauge, "Others that have the store open, or read from it."},
    {MetricType::gauge, "Older checkpoints that a collection of garbage keeps."},
    {MetricType::gauge, "Nodes that are alive."},
    {MetricType::gauge, "Nodes that a collection of garbage would remove."},
    {MetricType::gauge, "Bytes that are alive."},
    {MetricType::gauge, "Bytes that a collection of garbage would free."},
}};

}  // namespace detail

/// A page of metrics in Prometheus' text format, version 0.0.4 (`Content-Type: text/plain; version=0.0.4`): the figures of any number of
/// connections, and of what `Metered` has measured.
///
///     cairn::Exposition page;
///     page.add(conn.stats(), {.store = "people", .branch = "db", .backend = "file"});
///     page.add(conn.blobs().metrics(), {.store = "people"});   // where the backend is Metered<...>
///     reply(page.text());
///
/// A statistic is `cairn_<field>`, with `_total` where it only grows; an operation is `cairn_store_operations_total{operation="read"}`, with its failures,
/// conflicts and bytes, and the histogram `cairn_store_operation_seconds`. Thread safety: none, as a `std::string`.
class Exposition {
 public:
  /// O(figures).
  void add(ConnectionStats const& stats, MetricLabels const& labels) {
    auto const own = text_of(labels);
    for_each_figure(stats, [&](std::size_t index, std::string_view name, std::string const& number) {
      auto const& text = detail::metric_texts[index];
      bool const counts = text.type == detail::MetricType::counter;
      std::string full{"cairn_"};
      for (char const letter : name) full += letter == '-' ? '_' : letter;
      if (counts) full += "_total";
      sample(family(full, counts ? "counter" : "gauge", text.help), full, own, number);
    });
  }

  /// Operations that were never called are left out.
  void add(Metrics const& metrics, MetricLabels const& labels) {
    auto const own = text_of(labels);
    for (std::size_t i = 0; i != store_operations; ++i) {
      auto const operation = static_cast<StoreOperation>(i);
      auto const figures = metrics.figures(operation);
      if (figures.calls == 0) continue;
      add(figures, joined(own, "operation", name(operation)));
    }
  }

  /// The page; empty where nothing was added.
  [[nodiscard]] std::string text() const {
    std::string all;
    for (auto const& [name, head, samples] : families_) all.append(head).append(samples);
    return all;
  }

 private:
  /// All samples of one name have to follow each other.
  struct Family {
    std::string name;
    std::string head;
    std::string samples{};
  };

  void add(OperationFigures const& figures, std::string const& labels) {
    auto const count = [&](std::string const& name, std::string_view help, std::uint64_t number) {
      sample(family(name, "counter", help), name, labels, std::to_string(number));
    };
    // The histogram is of what the buckets say: the calls may be one ahead of them.
    std::uint64_t below = 0;
    auto& times = family("cairn_store_operation_seconds", "histogram", "How long operations of the store took.");
    for (std::size_t i = 0; i != figures.by_time.size(); ++i) {
      below += figures.by_time[i];
      if (i < shortest_bucket || i > longest_bucket) continue;
      sample(times, "cairn_store_operation_seconds_bucket", joined(labels, "le", seconds(std::uint64_t{2} << i)), std::to_string(below));
    }
    sample(times, "cairn_store_operation_seconds_bucket", joined(labels, "le", "+Inf"), std::to_string(below));
    sample(times, "cairn_store_operation_seconds_sum", labels, seconds(static_cast<std::uint64_t>(figures.total.count())));
    sample(times, "cairn_store_operation_seconds_count", labels, std::to_string(below));
    count("cairn_store_operations_total", "Operations of the store that have ended.", figures.calls);
    count("cairn_store_operation_failures_total", "Operations of the store that threw, or whose outcome is not known.", figures.failures);
    count("cairn_store_operation_conflicts_total", "Commits that met another's.", figures.conflicts);
    count("cairn_store_operation_bytes_total", "Bytes that operations of the store have read or written.", figures.bytes);
  }

  Family& family(std::string const& name, std::string_view type, std::string_view help) {
    for (auto& one : families_) {
      if (one.name == name) return one;
    }
    std::string head{"# HELP "};
    head.append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
    return families_.emplace_back(Family{name, std::move(head)});
  }
  static void sample(Family& family, std::string_view name, std::string const& labels, std::string_view number) {
    family.samples.append(name);
    if (!labels.empty()) family.samples.append("{").append(labels).append("}");
    family.samples.append(" ").append(number).append("\n");
  }

  /// `labels` with one more. In a value a backslash, a quote and the end of a line are written with a backslash.
  [[nodiscard]] static std::string joined(std::string labels, std::string_view name, std::string_view value) {
    if (!labels.empty()) labels += ',';
    labels.append(name).append("=\"");
    for (char const letter : value) {
      if (letter == '\n') {
        labels += "\\n";
        continue;
      }
      if (letter == '\\' || letter == '"') labels += '\\';
      labels += letter;
    }
    labels += '"';
    return labels;
  }
  [[nodiscard]] static std::string text_of(MetricLabels const& labels) {
    std::string text;
    for (auto const& [name, value] : {std::pair{"store", &labels.store}, std::pair{"branch", &labels.branch}, std::pair{"backend", &labels.backend}}) {
      if (!value->empty()) text = joined(std::move(text), name, *value);
    }
    return text;
  }
  /// Nanoseconds as seconds, exactly.
  [[nodiscard]] static std::string seconds(std::uint64_t nanoseconds) {
    constexpr std::uint64_t second = 1'000'000'000;
    auto fraction = std::to_string(second + nanoseconds % second).substr(1);
    while (fraction.size() > 1 && fraction.back() == '0') fraction.pop_back();
    return std::to_string(nanoseconds / second) + "." + fraction;
  }

  // From two microseconds to more than a minute.
  static constexpr std::size_t shortest_bucket = 10;
  static constexpr std::size_t longest_bucket = 35;

  std::vector<Family> families_{};
};

}  // namespace cairn
