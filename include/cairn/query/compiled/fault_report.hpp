// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// From a problem that the parser found to the error that the compiler prints.
#pragma once

#include <cairn/edn/char_buffer.hpp>
#include <cairn/query/compiled/excerpt.hpp>
#include <cairn/query/compiled/query_errors.hpp>
#include <cairn/query/syntax/problem.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace cairn::query::compiled {

/// The reason of a problem, cut into template arguments. `Report` is a class with static functions `text()`, the text that the
/// problem is in, and `problem()`.
template <class Report>
struct FaultReport {
  static constexpr std::size_t piece_size = 30;

  static constexpr auto place = excerpt_of(Report::text(), Report::problem().offset, Report::problem().length);

  static constexpr notation::CharBuffer reason() {
    auto text = syntax::words_of<notation::CharBuffer>(Report::problem());
    if (Report::problem().hint.empty()) return text;
    text += "; did you mean ";
    text += Report::problem().hint;
    text += "?";
    return text;
  }

  template <std::size_t Piece>
  static constexpr auto piece() {
    constexpr std::size_t size = std::min(piece_size, reason().size() - Piece * piece_size);
    return meta::fixed_string<size + 1>{reason().view().substr(Piece * piece_size, size)};
  }

  /// Fails to compile, with the error of this kind.
  template <template <meta::fixed_string, meta::fixed_string...> class Fault>
  static auto refuse() {
    [[maybe_unused]] auto const fail = []<std::size_t... Piece>(std::index_sequence<Piece...>) {
      static_cast<void>(sizeof(Fault<as_argument<place>(), piece<Piece>()...>));
    };
    fail(std::make_index_sequence<(reason().size() + piece_size - 1) / piece_size>{});
  }
};

/// The same, with the error that belongs to the kind of problem.
template <class Report>
auto refuse() {
  using syntax::Fault;
  using Text = FaultReport<Report>;
  constexpr auto fault = Report::problem().fault;
  if constexpr (fault == Fault::not_edn) {
    Text::template refuse<query_error::not_edn>();
  } else if constexpr (fault == Fault::bad_query) {
    Text::template refuse<query_error::bad_query>();
  } else if constexpr (fault == Fault::bad_find) {
    Text::template refuse<query_error::bad_find>();
  } else if constexpr (fault == Fault::bad_input) {
    Text::template refuse<query_error::bad_input>();
  } else if constexpr (fault == Fault::bad_clause) {
    Text::template refuse<query_error::bad_clause>();
  } else if constexpr (fault == Fault::bad_rule) {
    Text::template refuse<query_error::bad_rule>();
  } else if constexpr (fault == Fault::repeated_name) {
    Text::template refuse<query_error::repeated_name>();
  } else if constexpr (fault == Fault::unbound_variable) {
    Text::template refuse<query_error::unbound_variable>();
  } else if constexpr (fault == Fault::unbound_argument) {
    Text::template refuse<query_error::unbound_argument>();
  } else if constexpr (fault == Fault::unknown_source) {
    Text::template refuse<query_error::unknown_source>();
  } else if constexpr (fault == Fault::unknown_rule) {
    Text::template refuse<query_error::unknown_rule>();
  } else if constexpr (fault == Fault::unknown_function) {
    Text::template refuse<query_error::unknown_function>();
  } else if constexpr (fault == Fault::unknown_aggregate) {
    Text::template refuse<query_error::unknown_aggregate>();
  } else if constexpr (fault == Fault::wrong_arguments) {
    Text::template refuse<query_error::wrong_arguments>();
  } else if constexpr (fault == Fault::too_big) {
    Text::template refuse<query_error::too_big>();
  }
}

}  // namespace cairn::query::compiled
