// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Aggregates out of a database value.
#pragma once

#include <cairn/db/aggregate/check.hpp>
#include <cairn/db/db.hpp>
#include <cairn/db/pull/reading.hpp>
#include <cairn/error/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <tuple>
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

/// What was found of a struct's fields.
template <class Aggregate, class Indices = std::make_index_sequence<meta::field_count<Aggregate>>>
struct FoundFields;
template <class Aggregate, std::size_t... Index>
struct FoundFields<Aggregate, std::index_sequence<Index...>> {
  std::tuple<std::optional<meta::FieldType<Aggregate, Index>>...> fields{};
  bool any = false;
};

/// Reads structs, and the structs in them, each in one walk along its facts. Data may go in circles where a schema has
/// none: that ends, as an error.
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
    return *read<Aggregate>(entity, false);
  }
  /// Nothing where the entity has none of the attributes.
  template <class Aggregate>
  [[nodiscard]] std::optional<Aggregate> read_if_any(EntityId entity) {
    return read<Aggregate>(entity, true);
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

  template <class Aggregate>
  [[nodiscard]] std::optional<Aggregate> read(EntityId entity, bool may_be_nothing) {
    enter(entity);
    Entered const entered{path_};
    constexpr auto indices = std::make_index_sequence<meta::field_count<Aggregate>>{};
    FoundFields<Aggregate> found;
    find(entity, found, indices);
    if (may_be_nothing && !found.any) return std::nullopt;
    return put_together(entity, found, indices);
  }

  template <class Aggregate, std::size_t... Index>
  void find(EntityId entity, FoundFields<Aggregate>& found, std::index_sequence<Index...>) {
    std::array<PullWanted, sizeof...(Index) + 1> wanted{};
    std::size_t count = 0;
    auto const want = [&](std::size_t index, Keyword name) {
      auto const* attribute = db_.schema().find(name);
      bool const is_known =
          attribute != nullptr && (attribute->type || db_.options().schema_flexibility == SchemaFlexibility::read);
      if (!is_known) return;
      // Into its place: g++ warns of a bound in std::sort on arrays this small.
      std::size_t at = count++;
      for (; at != 0 && wanted[at - 1].attribute > attribute->id; --at) wanted[at] = wanted[at - 1];
      wanted[at] = {attribute->id, static_cast<std::uint32_t>(index)};
    };
    (want(Index, attribute_keyword<Aggregate, Index>()), ...);
    if (count == 0) return;
    read_forward(db_, entity, std::span{wanted}.first(count), false, [&](auto& reading) {
      std::size_t at = 0;
      while (wanted[at].attribute != reading.attribute()) ++at;
      found.any = true;
      ((wanted[at].step == Index ? read_field<Aggregate, Index>(entity, reading, std::get<Index>(found.fields))
                                 : void()),
       ...);
    });
  }

  template <class Aggregate, std::size_t... Index>
  [[nodiscard]] static Aggregate put_together(EntityId entity, FoundFields<Aggregate>& found,
                                              std::index_sequence<Index...>) {
    return Aggregate{take_field<Aggregate, Index>(entity, std::get<Index>(found.fields))...};
  }

  template <class Aggregate, std::size_t Index, class Reading>
  void read_field(EntityId entity, Reading& reading, std::optional<meta::FieldType<Aggregate, Index>>& field) {
    using Field = meta::FieldType<Aggregate, Index>;
    using Element = ElementOf<Field>;
    auto const attribute = attribute_keyword<Aggregate, Index>();
    if constexpr (FieldElement<Field>::holds == Holds::many) {
      auto& many = field.emplace();
      reading.read((std::numeric_limits<std::size_t>::max)(), [&](Value const& value) {
        many.insert(many.end(), Element{read_value<ValueOf<Field>>(entity, attribute, value)});
      });
    } else {
      reading.read(2, [&](Value const& value) {
        if (field) {
          refuse(Errc::transact_schema, entity,
                 " has more than one " + to_text(attribute) + ", and the field holds one.", attribute);
        }
        field.emplace(Element{read_value<ValueOf<Field>>(entity, attribute, value)});
      });
    }
  }

  template <class Aggregate, std::size_t Index>
  [[nodiscard]] static meta::FieldType<Aggregate, Index> take_field(
      EntityId entity, std::optional<meta::FieldType<Aggregate, Index>>& field) {
    using Field = meta::FieldType<Aggregate, Index>;
    if (field) return *std::move(field);
    if constexpr (FieldElement<Field>::holds == Holds::one) {
      auto const attribute = attribute_keyword<Aggregate, Index>();
      refuse(Errc::entity_id_missing, entity,
             " has no " + to_text(attribute) +
                 ", which the struct must have. Make its field std::optional, or look for another entity.",
             attribute);
    } else {
      return Field{};
    }
  }

  template <class Type>
  [[nodiscard]] Type read_value(EntityId entity, Keyword attribute, Value const& value) {
    auto const accept = [&](ValueType type) {
      if (conforms(value, type)) return;
      refuse(Errc::transact_schema, entity,
             " has " + to_text(value) + " under " + to_text(attribute) +
                 ", and the field holds :" + std::string{name(type)} + ".",
             attribute);
    };
    if constexpr (CodedValue<Type>) {
      accept(ValueCodec<Type>::type);
      auto read = ValueCodec<Type>::read(value);
      if (read) return *std::move(read);
      refuse(Errc::transact_schema, entity,
             " has " + to_text(value) + " under " + to_text(attribute) + ", which the type of the field cannot be.",
             attribute);
    } else {
      accept(ValueType::ref);
      if constexpr (is_ref<Type>) {
        return value.as_integer();
      } else {
        return read<Type>(value.as_integer());
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
/// Complexity: O(log n + facts); what lies between the fields' facts is jumped over.
template <class Result, class IndexTag>
[[nodiscard]] Result pull(Db<IndexTag> const& db, EntityRef const& ref) {
  using Aggregate = typename detail::Pulled<Result>::type;
  detail::Puller<IndexTag> puller{db};
  if constexpr (!detail::is_pullable<Aggregate>) {
    std::terminate();  // it does not compile, and this adds no further message
  } else if constexpr (detail::Pulled<Result>::is_optional) {
    auto const entity = db.entid(ref);
    if (!entity) return std::nullopt;
    return puller.template read_if_any<Aggregate>(*entity);
  } else {
    return puller.template read<Aggregate>(db.require_entity(ref));
  }
}

}  // namespace cairn
