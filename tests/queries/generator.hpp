// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Random schemas, transactions and queries, for the engines and the oracle to be asked alike.
#pragma once

#include <cairn/edn/value.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::queries {

using Edn = notation::Value;

/// A generator of random numbers that gives the same ones everywhere.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_{seed} {}
  /// From 0 to `sides - 1`.
  std::size_t operator()(std::size_t sides) { return static_cast<std::size_t>(engine_() % sides); }
  /// In so many of a hundred throws.
  bool percent(std::size_t chance) { return (*this)(100) < chance; }
  template <class T>
  T const& one_of(std::vector<T> const& all) {
    return all[(*this)(all.size())];
  }

 private:
  std::mt19937_64 engine_;
};

/// What the variables and values of a query are of, so that most of what is made means something.
enum class Type : std::uint8_t { entity, number, text, keyword, real, transaction, flag, moment, code, tag, price };

struct RandomAttribute {
  std::string ident;
  Type type = Type::number;
  bool many = false;
};

/// A database: its attributes, and its transactions, the schema's first.
struct RandomData {
  std::vector<RandomAttribute> attributes;
  std::vector<std::string> transactions;
  std::vector<std::string> other_transactions;  ///< of another database with the same attributes
};
[[nodiscard]] RandomData make_data(Dice& dice);

/// A query and what `:in` names behind the databases; the rules, where it has them, are the last input.
struct RandomQuery {
  std::string text;
  std::vector<std::string> inputs;
  std::vector<std::string> inputs_in_cpp;  ///< the same as expressions of C++
  std::string rules;                       ///< empty: none
  bool has_other = false;                  ///< the second of all inputs is another database
  bool is_ordered = false;                 ///< what it finds is in an order, and no other
};
/// What values of a type are in C++.
[[nodiscard]] std::string_view cpp_type(Type type);
/// `as_maps`: rows may be maps.
[[nodiscard]] RandomQuery make_query(RandomData const& data, Dice& dice, bool as_maps);

}  // namespace cairn::queries
