// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a pull pattern is to do in databases of one schema.
#pragma once

#include <cairn/db/db_lookup.hpp>
#include <cairn/db/pull/reading.hpp>
#include <cairn/db/pull/transform.hpp>
#include <cairn/db/pull/tree.hpp>
#include <cairn/db/pull/xform.hpp>
#include <cairn/db/schema.hpp>
#include <cairn/edn/value.hpp>
#include <cairn/edn/write.hpp>
#include <cairn/error/error.hpp>
#include <cairn/meta/lazy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::detail {

/// How the facts of an attribute are found.
enum class PullAccess : std::uint8_t {
  none,       ///< there are none: nobody has named the attribute yet
  id,         ///< the entity's own number
  forward,    ///< in EAVT
  back,       ///< in AVET
  back_scan,  ///< in AEVT, all of them: the attribute is in no other index
};

/// An attribute of a pattern, as the schema has it.
struct PullStep {
  AttributeId attribute = 0;
  PullAccess access = PullAccess::none;
  PullInner inner = PullInner::none;
  bool entities = false;   ///< what is found are entities
  bool many = false;       ///< and they, or the values, are a vector
  bool component = false;  ///< they are shown whole
  std::uint32_t pattern = 0;
  std::uint32_t rank = 0;  ///< the place of the key among those of the pattern; equal keys share one
  std::uint32_t same = 0;  ///< the first step of the pattern that has the same key
  std::size_t limit = PullItem::default_limit;
  std::int64_t depth = 0;
  notation::Value key{};
  std::optional<notation::Value> missing{};
  Transform transform{};
};

struct PullPlanNode {
  bool everything = false;
  std::vector<PullStep> steps{};
  std::vector<PullWanted> wanted{};     ///< the forward ones, by attribute
  std::vector<std::uint32_t> by_key{};  ///< the steps by their keys
  bool keys_differ = true;
};

/// Ranks of keys that are in order.
template <class Steps>
void rank_keys(Steps& steps, std::vector<std::uint32_t> const& by_key) {
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i != by_key.size(); ++i) {
    if (i != 0 && !(steps[by_key[i]].key == steps[by_key[i - 1]].key)) ++rank;
    steps[by_key[i]].rank = rank;
  }
}

/// A pattern with its attributes looked up. The last node is `[*]`, for components.
struct PullPlan {
  std::shared_ptr<DatabaseSchema const> schema{};
  std::vector<PullPlanNode> nodes{};
  bool has_transforms = false;

  [[nodiscard]] std::uint32_t whole() const noexcept { return static_cast<std::uint32_t>(nodes.size() - 1); }
};

/// The step of an attribute that `*` found.
template <meta::Lazy = {}>
[[nodiscard]] PullStep step_of(Attribute const& attribute) {
  PullStep step;
  step.attribute = attribute.id;
  step.access = PullAccess::forward;
  step.entities = attribute.is_ref();
  step.many = attribute.is_many();
  step.component = attribute.component;
  step.key = notation::Value::keyword(attribute.ident.text());
  return step;
}

/// Looks a pattern's names up.
template <meta::Lazy = {}>
class PullPlanner {
 public:
  PullPlanner(std::shared_ptr<DatabaseSchema const> schema, bool is_strict, TransformLookup const& lookup)
      : is_strict_{is_strict}, lookup_{lookup} {
    plan_.schema = std::move(schema);
  }

  [[nodiscard]] PullPlan plan(PullTree const& tree) && {
    for (auto const& node : tree.nodes) plan_.nodes.push_back(node_of(node));
    plan_.has_transforms = std::ranges::any_of(tree.nodes, [](PullNode const& node) {
      return std::ranges::any_of(node.items, [](PullItem const& item) { return item.function.has_value(); });
    });
    plan_.nodes.push_back({.everything = true, .steps = {}, .wanted = {}, .by_key = {}});
    return std::move(plan_);
  }

 private:
  PullPlanNode node_of(PullNode const& node) const {
    PullPlanNode made;
    made.everything = node.everything;
    for (auto const& item : node.items) made.steps.push_back(step_of(item));
    for (std::uint32_t i = 0; i != made.steps.size(); ++i) {
      if (made.steps[i].access == PullAccess::forward) made.wanted.push_back({made.steps[i].attribute, i});
      made.by_key.push_back(i);
    }
    std::ranges::sort(made.wanted, [](PullWanted const& left, PullWanted const& right) {
      return left.attribute != right.attribute ? left.attribute < right.attribute : left.step < right.step;
    });
    std::ranges::sort(made.by_key, [&](std::uint32_t left, std::uint32_t right) {
      auto const order = compare(made.steps[left].key, made.steps[right].key);
      return order != 0 ? order < 0 : left < right;
    });
    rank_keys(made.steps, made.by_key);
    made.keys_differ = made.steps.empty() || made.steps[made.by_key.back()].rank + std::size_t{1} == made.steps.size();
    std::uint32_t first = 0;
    for (auto const i : made.by_key) {
      if (made.steps[i].rank != made.steps[first].rank || i == made.by_key.front()) first = i;
      made.steps[i].same = first;
    }
    return made;
  }

  PullStep step_of(PullItem const& item) const {
    PullStep step;
    step.inner = item.inner;
    step.pattern = item.pattern;
    step.limit = item.limit;
    step.depth = item.depth;
    step.key = item.key;
    step.missing = item.missing;
    if (item.function) step.transform = transform_of(*item.function);
    if (item.is_id) {
      step.access = PullAccess::id;
    } else {
      look_up(item, step);
    }
    return step;
  }

  void look_up(PullItem const& item, PullStep& step) const {
    auto const* attribute = plan_.schema->find(item.attribute);
    if (is_strict_ && (attribute == nullptr || !attribute->type)) raise_unknown_attribute(*plan_.schema, item.attribute);
    step.component = attribute != nullptr && attribute->component;
    step.entities = item.reverse || (attribute != nullptr && attribute->is_ref());
    step.many = item.reverse ? !step.component : attribute != nullptr && attribute->is_many();
    if (attribute == nullptr) return;
    step.attribute = attribute->id;
    if (!item.reverse) {
      step.access = PullAccess::forward;
      return;
    }
    if (attribute->type && !attribute->is_ref()) {
      raise(Errc::transact_schema,
            notation::write(item.key) + " would go from an entity to those that refer to it, and " +
                to_text(item.attribute) + " holds values of :" + std::string{name(*attribute->type)} +
                ". Only attributes of :db.type/ref can be pulled in reverse.",
            "{:attribute " + to_text(item.attribute) + "}");
    }
    step.component = false;  // what a component is a part of is not shown whole
    step.access = attribute->in_avet() ? PullAccess::back : PullAccess::back_scan;
  }

  Transform transform_of(notation::Value const& name) const {
    std::string_view const text = name.is_string()    ? std::string_view{name.as_string()}
                                  : name.is_keyword() ? std::string_view{name.as_keyword()}
                                                      : std::string_view{name.as_symbol()};
    if (lookup_) {
      if (auto found = lookup_(text)) return found;
    }
    if (auto built_in = built_in_transform(text)) return built_in;
    raise(Errc::query_where,
          "The :xform " + notation::write(name) +
              " is not known here. Give it with Connection::set_functions, by Functions::transform, or name one of "
              "count, dec, first, identity, inc, keyword, last, name, not, set, str, vector.",
          "{:xform " + notation::write(name) + "}");
  }

  bool is_strict_;
  TransformLookup const& lookup_;
  PullPlan plan_{};
};

}  // namespace cairn::detail
