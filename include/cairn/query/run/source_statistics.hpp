// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a planner is told of the databases that a query is asked of.
#pragma once

#include <cairn/edn/form.hpp>
#include <cairn/query/plan/statistics.hpp>
#include <cairn/query/run/query_context.hpp>
#include <cairn/query/run/source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cairn::query {

/// Counts ranges of the sources' indexes, each once a query; of what they can't tell it assumes what `NoStatistics` does.
class SourceStatistics {
 public:
  static constexpr bool knows = true;

  /// `sources`: by number; null where one is no database, or is not worth asking.
  SourceStatistics(std::string_view text, std::span<notation::Node const> nodes, std::string_view rules_text,
                   std::span<notation::Node const> rules_nodes, std::vector<Source const*> sources)
      : sources_{std::move(sources)} {
    forms_.text = text;
    forms_.nodes = nodes;
    forms_.rules_text = rules_text;
    forms_.rules_nodes = rules_nodes;
  }

  /// Whether something could not be counted for an error of a store.
  [[nodiscard]] bool has_guessed() const noexcept { return has_guessed_; }

  [[nodiscard]] double rows(PatternQuestion const& question) const {
    using At = PatternQuestion::Place;
    auto const* source = question.source < sources_.size() ? sources_[question.source] : nullptr;
    bool const plain = question.attribute == At::constant && question.transaction == At::open && question.added == At::open;
    if (source == nullptr || !plain) return NoStatistics{}.rows(question);
    auto const form = form_of(forms_, question.attribute_form);
    if (!form.is(notation::Kind::keyword)) return NoStatistics{}.rows(question);
    return expected_rows(question, facts(*source, question, form));
  }

 private:
  struct Known {
    PatternQuestion question{};
    AttributeFacts facts{};
  };

  [[nodiscard]] AttributeFacts facts(Source const& source, PatternQuestion const& question, notation::Form attribute) const {
    using At = PatternQuestion::Place;
    auto const same_form = [](At left, FormAt left_form, At right, FormAt right_form) {
      return (left == At::constant) == (right == At::constant) && (left != At::constant || left_form == right_form);
    };
    for (auto const& one : known_) {
      auto const& other = one.question;
      if (other.source == question.source && other.attribute_form == question.attribute_form &&
          same_form(other.value, other.value_form, question.value, question.value_form) &&
          same_form(other.low, other.low_form, question.low, question.low_form) &&
          same_form(other.high, other.high_form, question.high, question.high_form)) {
        return one.facts;
      }
    }
    auto const constant = [&](At place, FormAt at) { return place == At::constant ? std::optional{value_of(form_of(forms_, at))} : std::nullopt; };
    AttributeFacts found;
    try {
      found = source.attribute_facts(Keyword{attribute.name()}, constant(question.value, question.value_form),
                                     constant(question.low, question.low_form), constant(question.high, question.high_form));
    } catch (Error const&) {
      // What can't be counted can be guessed; who reads it will say what is wrong.
      found.datoms = 1000;
      has_guessed_ = true;
    }
    known_.push_back({question, found});
    return found;
  }

  PlanView forms_{};
  std::vector<Source const*> sources_;
  mutable std::vector<Known> known_{};
  mutable bool has_guessed_ = false;
};

}  // namespace cairn::query
