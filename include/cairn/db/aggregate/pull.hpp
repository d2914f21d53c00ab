// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Aggregates out of a database value.
#pragma once

#include <cairn/db/aggregate/check.hpp>
#include <cairn/db/db.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

template <class Aggregate, meta::fixed_string Attribute, class Field>
consteval bool check_readable_field() {
  constexpr bool is_readable = !CodedValue<ValueOf<Field>> || ReadableValue<ValueOf<Field>>;
  static_assert(
      is_readable,
      "cairn::pull [field]: a field of this type can be transacted and not be read (its name and type are in "
      "the lines around this one): a view would look at what is gone; write std::string for std::string_view");
  return is_readable;
}

template <class... Aggregates>
consteval bool check_readable_structs(TypeList<Aggregates...> structs) {
  if constexpr (is_schema_valid<decltype(structs)>) {
    constexpr auto check = []<class Aggregate, std::size_t... Index>(std::type_identity<Aggregate>,
                                                                     std::index_sequence<Index...>) {
      return (std::size_t{0} + ... +
              std::size_t{check_readable_field<Aggregate, attribute_label<Aggregate, Index>,
                                               meta::FieldType<Aggregate, Index>>()}) == sizeof...(Index);
    };
    return (std::size_t{0} + ... +
            std::size_t{check(std::type_identity<Aggregates>{},
                              std::make_index_sequence<meta::field_count<Aggregates>>{})}) == sizeof...(Aggregates);
  } else {
    return false;
  }
}

/// Whether a struct can be read. What cannot is asserted, in words, where this is first asked.
template <class Aggregate>
inline constexpr bool is_pullable = check_readable_structs(ClosureOf<Aggregate>{});

/// Reads structs, and the structs in them. Data may go in circles where a schema has none: that ends, as an error.
template <class IndexTag>
class Puller {
 public:
  explicit Puller(Db<IndexTag> const& db) : db_{db} {
    if (!db.is_history()) return;
    raise(Errc::query_where,
          "A history holds what was and what was not, and no entity as it is. Pull from a moment of it: db.as_of(t).",
          "{}");
  }

  template <class Aggregate>
  [[nodiscard]] Aggregate read(EntityId entity) {
    enter(entity);
    Entered const entered{path_};
    return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      return Aggregate{read_field<Aggregate, Index>(entity)...};
    }
    (std::make_index_sequence<meta::field_count<Aggregate>>{});
  }

  /// Whether an entity has any attribute of a struct.
  template <class Aggregate>
  [[nodiscard]] bool has_any(EntityId entity) const {
    bool found = false;
    meta::for_each_index<meta::field_count<Aggregate>>(
        [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
          auto const attribute = attribute_keyword<Aggregate, Index>();
          found = found || (is_known(attribute) && !db_.datoms(eavt, entity, attribute).empty());
        });
    return found;
  }

 private:
  /// Leaves the path when a struct has been read.
  struct Entered {
    std::vector<EntityId>& path;
    ~Entered() { path.pop_back(); }
  };

  static constexpr std::size_t most = std::size_t{1} << 20U;

  void enter(EntityId entity) {
    if (path_.size() == deepest_aggregate || std::find(path_.begin(), path_.end(), entity) != path_.end()) {
      refuse(Errc::query_where, entity,
             path_.size() == deepest_aggregate
                 ? " is nested too deep in others to be pulled with them. Hold it by Ref."
                 : " is a part of itself, by way of others, and cannot be pulled whole. Hold it by Ref.");
    }
    if (++count_ > most) {
      raise(Errc::query_memory, "More than 2^20 entities hang together here; pull the parts one by one, by Ref.", "{}");
    }
    path_.push_back(entity);
  }

  [[nodiscard]] bool is_known(Keyword attribute) const {
    auto const* found = db_.schema().find(attribute);
    return found != nullptr && (found->type || db_.options().schema_flexibility == SchemaFlexibility::read);
  }

  template <class Aggregate, std::size_t Index>
  [[nodiscard]] meta::FieldType<Aggregate, Index> read_field(EntityId entity) {
    using Field = meta::FieldType<Aggregate, Index>;
    using Element = ElementOf<Field>;
    auto const attribute = attribute_keyword<Aggregate, Index>();
    if constexpr (FieldElement<Field>::holds == Holds::many) {
      Field field{};
      if (!is_known(attribute)) return field;
      for (auto const& datom : db_.datoms(eavt, entity, attribute)) {
        field.insert(field.end(), Element{read_value<ValueOf<Field>>(datom)});
      }
      return field;
    } else {
      std::optional<Datom> found;
      if (is_known(attribute)) {
        for (auto const& datom : db_.datoms(eavt, entity, attribute)) {
          if (found)
            refuse(Errc::transact_schema, entity,
                   " has more than one " + to_text(attribute) + ", and the field holds one.", attribute);
          found = datom;
        }
      }
      if (found) return Field{Element{read_value<ValueOf<Field>>(*found)}};
      if constexpr (FieldElement<Field>::holds == Holds::one_or_none) {
        return std::nullopt;
      } else {
        refuse(Errc::entity_id_missing, entity,
               " has no " + to_text(attribute) +
                   ", which the struct must have. Make its field std::optional, or look for another entity.",
               attribute);
      }
    }
  }

  template <class Type>
  [[nodiscard]] Type read_value(Datom const& datom) {
    auto const accept = [&](ValueType type) {
      if (conforms(datom.v, type)) return;
      refuse(Errc::transact_schema, datom.e,
             " has " + to_text(datom.v) + " under " + to_text(datom.a) +
                 ", and the field holds :" + std::string{name(type)} + ".",
             datom.a);
    };
    if constexpr (CodedValue<Type>) {
      accept(ValueCodec<Type>::type);
      auto read = ValueCodec<Type>::read(datom.v);
      if (read) return *std::move(read);
      refuse(Errc::transact_schema, datom.e,
             " has " + to_text(datom.v) + " under " + to_text(datom.a) + ", which the type of the field cannot be.",
             datom.a);
    } else {
      accept(ValueType::ref);
      if constexpr (is_ref<Type>) {
        return datom.v.as_integer();
      } else {
        return read<Type>(datom.v.as_integer());
      }
    }
  }

  [[noreturn]] static void refuse(Errc code, EntityId entity, std::string const& why,
                                  std::optional<Keyword> attribute = {}) {
    raise(code, "Entity " + std::to_string(entity) + why,
          "{:entity-id " + std::to_string(entity) + (attribute ? " :attribute " + to_text(*attribute) : "") + "}");
  }

  Db<IndexTag> const& db_;
  std::vector<EntityId> path_{};
  std::size_t count_ = 0;
};

template <class Result>
struct Pulled {
  using type = Result;
  static constexpr bool is_optional = false;
};
template <class Aggregate>
struct Pulled<std::optional<Aggregate>> {
  using type = Aggregate;
  static constexpr bool is_optional = true;
};

}  // namespace detail

/// An entity as a struct: `auto ivan = cairn::pull<Person>(db, cairn::lookup(":name", "Ivan"))`. Structs in it are read
/// with it, references hold numbers. `pull<std::optional<Person>>` is nothing where there is no such entity, or none of
/// the attributes.
///
/// Errors: `entity-id/missing` where there is no such entity or it has not all that the struct must have;
/// `transact/schema` where a value is not of its field's type, or too large for it; `entity-id/syntax`,
/// `lookup-ref/unique` of the reference; `query/where` of a history, and of parts that go in circles.
/// Complexity: O(fields · log n + values).
template <class Result, class IndexTag>
[[nodiscard]] Result pull(Db<IndexTag> const& db, EntityRef const& ref) {
  using Aggregate = typename detail::Pulled<Result>::type;
  detail::Puller<IndexTag> puller{db};
  if constexpr (!detail::is_pullable<Aggregate>) {
    std::terminate();  // it does not compile, and this adds no further message
  } else if constexpr (detail::Pulled<Result>::is_optional) {
    auto const entity = db.entid(ref);
    if (!entity || !puller.template has_any<Aggregate>(*entity)) return std::nullopt;
    return puller.template read<Aggregate>(*entity);
  } else {
    return puller.template read<Aggregate>(db.require_entity(ref));
  }
}

}  // namespace cairn
