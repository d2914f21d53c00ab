// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Rows that a query keeps: sets, the removal of duplicates, and groups.
#include <cairn/error/error.hpp>
#include <cairn/query/aggregate/grouped.hpp>
#include <cairn/query/run/arrange.hpp>
#include <cairn/query/run/distinct_rows.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/result.hpp>
#include <cairn/query/run/value_rows.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn::query::rows_test {
namespace {

using Row = std::vector<Value>;
using Random = std::mt19937_64;

/// Rows as a batch; it owns what its columns show.
class OwnedBatch {
 public:
  /// Columns are in other places than they are asked for.
  OwnedBatch(std::vector<Row> rows, std::size_t columns) : rows_{std::move(rows)}, batch_{columns + 1} {
    words_.resize(columns);
    kinds_.resize(columns);
    for (std::size_t i = 0; i != columns; ++i) {
      bool uniform = true;
      for (auto const& row : rows_) {
        Cell const cell{row[i]};
        words_[i].push_back(cell.word);
        kinds_[i].push_back(cell.kind);
        uniform = uniform && cell.kind == kinds_[i].front();
      }
      auto const place = static_cast<std::uint16_t>(columns - i);
      variables_.push_back(place);
      if (!rows_.empty()) batch_[place] = {words_[i].data(), uniform ? nullptr : kinds_[i].data(), kinds_[i].front()};
    }
    batch_.set_rows(static_cast<std::uint32_t>(rows_.size()));
  }

  [[nodiscard]] std::vector<Row> const& rows() const noexcept { return rows_; }
  [[nodiscard]] Batch const& batch() const noexcept { return batch_; }
  [[nodiscard]] std::span<std::uint16_t const> variables() const noexcept { return variables_; }

 private:
  std::vector<Row> rows_;
  Batch batch_;
  std::vector<std::vector<std::uint64_t>> words_{};
  std::vector<std::vector<ValueKind>> kinds_{};
  std::vector<std::uint16_t> variables_{};
};

using MakeRow = std::function<Row(Random&, std::size_t number)>;

std::int64_t below(Random& random, std::uint64_t limit) { return static_cast<std::int64_t>(random() % limit); }

struct Shape {
  char const* name;
  std::size_t columns;
  MakeRow make;
};

std::vector<Shape> const& shapes() {
  static std::vector<Shape> const all{
      {"no columns", 0, [](Random&, std::size_t) { return Row{}; }},
      {"dense longs", 1, [](Random& random, std::size_t) { return Row{below(random, 5'000)}; }},
      {"longs in order", 1, [](Random& random, std::size_t number) { return Row{static_cast<std::int64_t>(number) / 3 - below(random, 2) + 2}; }},
      {"longs in order, twice each", 1, [](Random&, std::size_t number) { return Row{static_cast<std::int64_t>(number / 2) - 700}; }},
      {"longs that begin again", 1, [](Random&, std::size_t number) { return Row{static_cast<std::int64_t>(number % 3'000) * 1'000'000}; }},
      {"far longs", 1, [](Random& random, std::size_t) {
         constexpr std::array<std::int64_t, 5> few{std::numeric_limits<std::int64_t>::min(), -1, 0, 1, std::numeric_limits<std::int64_t>::max()};
         return Row{random() % 3 == 0 ? few[random() % 5] : below(random, 100)};
       }},
      {"longs that spread", 1, [](Random& random, std::size_t number) { return Row{below(random, number * 40 + 1) - static_cast<std::int64_t>(number)}; }},
      {"longs that spread upwards", 1, [](Random& random, std::size_t number) { return Row{below(random, number * 40 + 1)}; }},
      {"pairs that spread upwards", 2, [](Random& random, std::size_t number) { return Row{below(random, number + 1), below(random, 5)}; }},
      {"texts", 1, [](Random& random, std::size_t) { return Row{std::string(static_cast<std::size_t>(below(random, 30)), 'a') + std::to_string(below(random, 20))}; }},
      {"texts in order", 1, [](Random&, std::size_t number) { return Row{std::to_string(100'000 + number / 2)}; }},
      {"pairs of longs", 2, [](Random& random, std::size_t) { return Row{below(random, 3), below(random, 900) - 450}; }},
      {"pairs in order", 2, [](Random& random, std::size_t number) { return Row{static_cast<std::int64_t>(number / 4), below(random, 2) + static_cast<std::int64_t>(number % 4 / 2) * 2}; }},
      {"keywords and texts", 2, [](Random& random, std::size_t) { return Row{Keyword{"k" + std::to_string(below(random, 7))}, std::to_string(below(random, 90))}; }},
      {"three columns", 3, [](Random& random, std::size_t) { return Row{below(random, 9), Instant{below(random, 9)}, random() % 2 == 0}; }},
      {"mixed kinds", 1, [](Random& random, std::size_t) {
         switch (random() % 6) {
           case 0: return Row{Value{}};
           case 1: return Row{static_cast<double>(below(random, 4)) * (random() % 2 == 0 ? 1 : -1)};
           case 2: return Row{std::numeric_limits<double>::quiet_NaN()};
           case 3: return Row{std::to_string(below(random, 30))};
           case 4: return Row{Value{std::vector<Value>{below(random, 3), "x"}}};
           default: return Row{below(random, 30)};
         }
       }},
      {"longs, then texts", 1, [](Random& random, std::size_t number) {
         return number < 2'000 ? Row{below(random, 800)} : Row{std::to_string(below(random, 800))};
       }},
  };
  return all;
}

TEST_CASE("duplicates are removed whatever rows are of, and in whatever order they come") {
  auto const seed = std::random_device{}();
  for (auto const& shape : shapes()) {
    Random random{seed};
    DistinctRows distinct{shape.columns};
    DistinctRows looked_through{shape.columns, false};
    RowSet set{shape.columns};
    std::map<Row, std::uint32_t> reference;
    std::vector<OwnedBatch> batches;  // what is kept is borrowed
    batches.reserve(12);
    for (std::size_t number = 0; batches.size() != 12;) {
      std::vector<Row> rows;
      // Batches of all sizes: one row, all that there is room for, none.
      auto const size = batches.size() % 4 == 3 ? random() % 3 : random() % batch_rows + 1;
      for (std::size_t i = 0; i != size; ++i) rows.push_back(shape.make(random, number++));
      auto const& batch = batches.emplace_back(std::move(rows), shape.columns);
      std::vector<std::uint32_t> expected;
      std::vector<std::uint32_t> expected_numbers;
      for (std::uint32_t i = 0; i != size; ++i) {
        auto const [found, added] = reference.try_emplace(batch.rows()[i], static_cast<std::uint32_t>(reference.size()));
        if (added) expected.push_back(i);
        expected_numbers.push_back(found->second);
      }
      INFO(shape.name << ", seed " << seed << ", batch " << batches.size());
      std::array<std::uint32_t, batch_rows> fresh{};
      std::array<std::uint32_t, batch_rows> numbers{};
      auto const found = distinct.insert(batch.batch(), batch.variables(), fresh.data());
      REQUIRE(std::vector<std::uint32_t>(fresh.begin(), fresh.begin() + found) == expected);
      REQUIRE(distinct.size() == reference.size());
      auto const in_other = looked_through.insert(batch.batch(), batch.variables(), fresh.data());
      REQUIRE(std::vector<std::uint32_t>(fresh.begin(), fresh.begin() + in_other) == expected);
      auto const in_set = set.insert(batch.batch(), batch.variables(), fresh.data(), numbers.data());
      REQUIRE(std::vector<std::uint32_t>(fresh.begin(), fresh.begin() + in_set) == expected);
      REQUIRE(std::vector<std::uint32_t>(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(size)) == expected_numbers);
      for (std::uint32_t i = 0; i != size; ++i) {
        REQUIRE(set.number_of(batch.batch(), batch.variables(), i) == expected_numbers[i]);
      }
    }
    auto const rows = std::move(distinct).take();
    REQUIRE(rows.size() == reference.size());
    for (auto const& [row, number] : reference) {
      for (std::size_t i = 0; i != shape.columns; ++i) REQUIRE(*BorrowedValue{rows.at(number, i)} == row[i]);
    }
  }
}

TEST_CASE("longs in order need no table, and dense ones are bits where rows are not asked for") {
  auto const bytes_of = [](auto const& value_of, bool gives_rows = true) {
    DistinctRows distinct{1, gives_rows};
    for (std::int64_t first = 0; first != 64 * batch_rows; first += batch_rows) {
      std::vector<Row> rows;
      for (std::int64_t i = 0; i != batch_rows; ++i) rows.push_back(Row{value_of(first + i)});
      OwnedBatch const batch{std::move(rows), 1};
      std::array<std::uint32_t, batch_rows> fresh{};
      distinct.insert(batch.batch(), batch.variables(), fresh.data());
    }
    return distinct.bytes();
  };
  constexpr std::size_t rows = 64 * std::size_t{batch_rows};
  CHECK(bytes_of([](std::int64_t i) { return i * 1'000'003; }) == rows * sizeof(std::uint64_t));
  CHECK(bytes_of([](std::int64_t i) { return i ^ 1; }) <= rows * sizeof(std::uint64_t) + rows / 4);
  // That nobody wants to have again:
  CHECK(bytes_of([](std::int64_t i) { return i ^ 1; }, false) <= rows / 4);
  CHECK(bytes_of([](std::int64_t i) { return i; }, false) <= rows / 4);
  CHECK(bytes_of([](std::int64_t i) { return i * 1'000'003; }, false) == rows * sizeof(std::uint64_t));
}

TEST_CASE("a column takes its buffers when values come, and they are charged") {
  MemoryMeter meter{10'000};
  BufferPool pool{meter};
  ColumnWriter column{pool, 1};
  CHECK(meter.most_used() == 0);
  column.put(Cell::integer(7), 0);
  CHECK(meter.most_used() == std::size_t{batch_rows} * 8);
  column.put(Cell{ValueKind::boolean, 1}, 1);  // of another kind
  CHECK(meter.most_used() == std::size_t{batch_rows} * 9);
  CHECK(column.column()[0] == Cell::integer(7));
  CHECK(column.column().kind_at(1) == ValueKind::boolean);
  ColumnWriter other{pool, 2};
  CHECK_THROWS_AS(other.put(Cell::integer(1), 0), Error);
}

TEST_CASE("an aggregate of groups is what accumulators make of them") {
  Random random{std::random_device{}()};
  for (auto const id : {AggregateId::count, AggregateId::sum, AggregateId::avg, AggregateId::min, AggregateId::max, AggregateId::median,
                        AggregateId::variance, AggregateId::count_distinct}) {
    for (bool const has_reals : {false, true}) {
      GroupedAggregate grouped{id};
      std::vector<Accumulator> accumulators;
      for (std::size_t round = 0; round != 6; ++round) {
        auto const filled = accumulators.size();
        auto const groups = filled + random() % 5 + (filled == 0 ? 1 : 0);
        grouped.set_groups(groups);
        accumulators.resize(groups, Accumulator::of(id));
        // Each group that is new has a value.
        std::vector<std::uint32_t> numbers;
        for (auto group = filled; group != groups; ++group) numbers.push_back(static_cast<std::uint32_t>(group));
        while (numbers.size() != 300) numbers.push_back(static_cast<std::uint32_t>(random() % groups));
        if (has_reals && round == 3) {
          grouped.leave_longs(filled);
          for (auto const group : numbers) {
            Value const value{static_cast<double>(below(random, 1'000)) / 4};
            accumulators[group].add(value);
            if (grouped.is_count()) {
              grouped.count(&group, 1);
            } else {
              grouped.add(group, value);
            }
          }
          continue;
        }
        std::vector<std::uint64_t> words;
        for (auto const group : numbers) {
          words.push_back(static_cast<std::uint64_t>(below(random, 2'000) - 1'000));
          accumulators[group].add(Value{static_cast<std::int64_t>(words.back())});
        }
        if (grouped.is_typed()) {
          grouped.add(numbers.data(), words.data(), static_cast<std::uint32_t>(words.size()));
        } else {
          for (std::size_t i = 0; i != words.size(); ++i) grouped.add(numbers[i], IntegerColumn{words.data() + i, sizeof(std::uint64_t), 1});
        }
      }
      CAPTURE(info_of(id).name, has_reals);
      for (std::size_t group = 0; group != accumulators.size(); ++group) CHECK(grouped.result(group) == accumulators[group].result());
    }
  }
}

TEST_CASE("values of rows lie side by side, and stay where they are") {
  Random random{11};
  ValueRows rows{3};
  std::vector<Row> expected;
  ValueSlot const* first_row = nullptr;
  while (expected.size() < 9'000) {
    std::vector<Row> some(1 + random() % (expected.size() < 10 ? 3 : batch_rows));
    bool const mixed = random() % 2 == 0;
    for (auto& row : some) {
      auto const number = static_cast<std::int64_t>(random() % 1000);
      row = {number, mixed && number % 3 == 0 ? Value{number % 2 == 0} : Value{static_cast<double>(number)}, Value{Instant{number}}};
    }
    OwnedBatch const batch{some, 3};
    std::vector<Column> columns;
    for (auto const variable : batch.variables()) columns.push_back(batch.batch()[variable]);
    rows.append(columns, batch.batch().rows());
    expected.insert(expected.end(), some.begin(), some.end());
    REQUIRE(rows.size() == expected.size());
    if (expected.size() >= batch_rows && first_row == nullptr) first_row = rows.row(0);
  }
  CHECK(rows.row(0) == first_row);
  CHECK(rows.bytes() >= expected.size() * 3 * sizeof(Value));
  std::size_t chunks = 0;
  for (std::size_t first = 0; first < rows.size(); first = ValueRows::chunk_end(first), ++chunks) {
    auto const end = (std::min)(ValueRows::chunk_end(first), rows.size());
    auto const* values = rows.row(first);
    for (std::size_t row = first; row != end; ++row, values += 3) {
      REQUIRE(rows.row(row) == values);
      for (std::size_t i = 0; i != 3; ++i) REQUIRE(values[i].get() == expected[row][i]);
    }
  }
  CHECK(chunks == 4);
}

TEST_CASE("a result's rows are the same however it has them, and however they are reached") {
  for (auto const size : std::initializer_list<std::size_t>{0, 1, 1023, 1024, 1025, 3071, 3072, 3073, 8000}) {
    INFO("rows: " << size);
    ValueRows values{2};
    StoredRows columns{2};
    StoredRows by_number{2};
    for (std::size_t first = 0; first < size; first += 500) {
      std::vector<Row> some;
      for (auto row = first; row != (std::min)(size, first + 500); ++row) {
        some.push_back({static_cast<std::int64_t>(row), static_cast<std::int64_t>(row % 7)});
      }
      OwnedBatch const batch{some, 2};
      std::array const shown{batch.batch()[batch.variables()[0]], batch.batch()[batch.variables()[1]]};
      values.append(shown, batch.batch().rows());
      columns.append(batch.batch(), batch.variables());
      by_number.append(batch.batch(), batch.variables());
    }
    if (size != 0) by_number.columns()[1].set_range(0, 7);
    std::array const results{std::make_shared<Found>(FindShape::relation, std::move(values)),
                             std::make_shared<Found>(FindShape::relation, std::move(columns)),
                             std::make_shared<Found>(FindShape::relation, std::move(by_number))};
    for (auto const& found : results) {
      QueryResult const result{found};
      REQUIRE(result.size() == size);
      auto const is = [](QueryRow const& row, std::size_t number) {
        auto const first = static_cast<std::int64_t>(number);
        auto const second = static_cast<std::int64_t>(number % 7);
        return row.size() == 2 && row[0] == Value{first} && row[1] == Value{second} && row.get<std::int64_t>(0) == first &&
               row.edn(1) == notation::Value::integer(second);
      };
      std::size_t at = 0;
      for (auto const row : result) REQUIRE(is(row, at++));  // values are made with the first, and the rows behind it have them
      REQUIRE(at == size);
      for (auto it = result.end(); it != result.begin();) REQUIRE(is(*--it, --at));
      Random random{size};
      auto it = result.begin();
      for (int i = 0; i != 200 && size != 0; ++i) {
        auto const to = static_cast<std::size_t>(random() % size);
        it += static_cast<std::ptrdiff_t>(to) - (it - result.begin());
        REQUIRE(is(*it, to));
        REQUIRE(is(it[static_cast<std::ptrdiff_t>(size - 1 - to)], size - 1));
        REQUIRE(is(result[to], to));
      }
    }
  }
}

TEST_CASE("a sort asks whether its query is to end") {
  std::atomic<bool> cancelled{true};
  PlanView const plan{};
  QueryContext context{plan, QueryOptions{.cancelled = &cancelled}, {}};
  // Of rows without columns nobody asks but who compares them.
  Found found{FindShape::relation, StoredRows{0}};
  found.rows.set_size(10'000);
  auto const code = [&] {
    try {
      detail::sort_rows(context, found, {});
    } catch (Error const& error) {
      return std::optional{error.code()};
    }
    return std::optional<Errc>{};
  };
  CHECK(code() == Errc::query_timeout);
  cancelled = false;
  CHECK_FALSE(code().has_value());
}

}  // namespace
}  // namespace cairn::query::rows_test
