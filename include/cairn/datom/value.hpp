// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The value of a datom.
#pragma once

#include <cairn/datom/decimal.hpp>
#include <cairn/datom/keyword.hpp>
#include <cairn/datom/reference_count.hpp>

#include <array>
#include <atomic>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn {

/// An entity's number: from 1; of a transaction from 2^48 + 1. In a transaction negative ones are temporary.
using EntityId = std::int64_t;

/// The first transaction of a database is `first_transaction`.
inline constexpr EntityId first_transaction = (EntityId{1} << 48) + 1;

/// A point in time, in milliseconds since 1970-01-01T00:00Z.
struct Instant {
  std::int64_t milliseconds = 0;
  friend constexpr auto operator<=>(Instant const&, Instant const&) = default;
};

struct Uuid {
  std::array<std::byte, 16> bytes{};
  friend constexpr auto operator<=>(Uuid const&, Uuid const&) = default;
};

/// An integer of any size, as canonical decimal text (`-12`).
struct BigInt {
  std::string digits;
};

/// A decimal number of any precision, as text (`1.10`, `1E+3`). Two that have the same value are equal, as Java's
/// `compareTo` has it; each keeps the text it came with.
struct BigDecimal {
  std::string text;
};

/// What no datom can hold and a query can: the EDN text of a map, a set, a character or a tagged value, one text for each.
struct EdnValue {
  std::string text;
};

/// The types a value can have. On disk: do not renumber.
enum class ValueKind : std::uint8_t {
  nil = 0,        ///< only inside tuples
  boolean = 1,
  integer = 2,    ///< `:db.type/long`, and `:db.type/ref`: a reference is the entity's number
  float32 = 3,    ///< `:db.type/float`
  float64 = 4,    ///< `:db.type/double`
  bigint = 5,
  bigdec = 6,
  instant = 7,
  uuid = 8,
  string = 9,
  keyword = 10,
  symbol = 11,
  bytes = 12,
  tuple = 13,
  edn = 14,       ///< only in queries (`EdnValue`); no store and no transaction takes it
};

class Value;

namespace detail {

/// A value in two parts, its kind and a word, for what keeps many values in columns. The word owns what the value owned, so
/// each one that was taken or shared has to be dropped, or made a value again, once.
struct ValueParts {
  /// Whether words of this kind refer to something that is counted.
  [[nodiscard]] static bool counted(ValueKind kind) noexcept {
    constexpr auto bit = [](ValueKind one) { return std::uint32_t{1} << static_cast<unsigned>(one); };
    constexpr auto all = bit(ValueKind::bigint) | bit(ValueKind::bigdec) | bit(ValueKind::uuid) | bit(ValueKind::string) | bit(ValueKind::bytes) |
                         bit(ValueKind::tuple) | bit(ValueKind::edn);
    return (all & bit(kind)) != 0;
  }
  /// The word of a value that stays what it is.
  [[nodiscard]] static std::uint64_t word(Value const& value) noexcept;
  /// The word of a value that is nil afterwards.
  [[nodiscard]] static std::uint64_t take(Value& value) noexcept;
  /// The value again. Where the word is kept nevertheless, the value must not be destroyed.
  [[nodiscard]] static Value join(ValueKind kind, std::uint64_t word) noexcept;
  static void share(ValueKind kind, std::uint64_t word) noexcept;
  static void drop(ValueKind kind, std::uint64_t word) noexcept;
};

}  // namespace detail

/// A value of any of the types of `ValueKind`: immutable, 16 bytes, one total order over all of them, so that no comparison
/// can fail. Copying is O(1) (long ones are counted and shared).
///
/// Order: nil, booleans, numbers (by value, then type), instants, uuids, strings (UTF-8 bytes), keywords and symbols (by
/// namespace, then name), bytes, tuples (element by element, a prefix first), and what else EDN has (by its text).
///
/// Thread safety: as an `int`; shared contents are counted atomically.
class Value {
 public:
  /// nil.
  Value() noexcept : kind_{ValueKind::nil}, integer_{0} {}
  template <std::same_as<bool> Bool>
  Value(Bool flag) noexcept : kind_{ValueKind::boolean}, integer_{flag ? 1 : 0} {}  // NOLINT(google-explicit-constructor)
  template <std::integral Integer>
    requires(!std::same_as<Integer, bool> && !std::same_as<Integer, char> &&
             (std::signed_integral<Integer> || sizeof(Integer) < sizeof(std::int64_t)))
  Value(Integer number) noexcept  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::integer}, integer_{static_cast<std::int64_t>(number)} {}
  Value(double number) noexcept : kind_{ValueKind::float64}, real_{number} {}  // NOLINT(google-explicit-constructor)
  Value(float number) noexcept  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::float32}, real_{static_cast<double>(number)} {}
  Value(Instant instant) noexcept  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::instant}, integer_{instant.milliseconds} {}
  Value(Keyword keyword) noexcept  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::keyword}, name_{keyword.interned()} {}
  Value(Symbol symbol) noexcept  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::symbol}, name_{symbol.interned()} {}
  Value(std::string_view text) : kind_{ValueKind::string}, box_{Box::make(text)} {}  // NOLINT(google-explicit-constructor)
  Value(std::string const& text) : Value{std::string_view{text}} {}                  // NOLINT(google-explicit-constructor)
  Value(char const* text) : Value{std::string_view{text}} {}                         // NOLINT(google-explicit-constructor)
  Value(Uuid const& uuid) : kind_{ValueKind::uuid}, box_{Box::make(uuid.bytes)} {}   // NOLINT(google-explicit-constructor)
  Value(BigInt const& number)  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::bigint}, box_{Box::make(std::string_view{number.digits})} {}
  Value(BigDecimal const& number)  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::bigdec}, box_{Box::make(std::string_view{number.text})} {}
  Value(EdnValue const& edn)  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::edn}, box_{Box::make(std::string_view{edn.text})} {}
  Value(std::span<std::byte const> bytes)  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::bytes}, box_{Box::make(bytes)} {}
  Value(std::vector<Value> elements)  // NOLINT(google-explicit-constructor)
      : kind_{ValueKind::tuple}, tuple_{new Tuple{1, std::move(elements)}} {}

  Value(Value const& other) noexcept : kind_{other.kind_}, integer_{0} { share(other); }
  Value(Value&& other) noexcept : kind_{other.kind_}, integer_{0} {
    take(other);
    other.kind_ = ValueKind::nil;
  }
  Value& operator=(Value const& other) noexcept {
    if (this != &other) {
      drop();
      kind_ = other.kind_;
      share(other);
    }
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    if (this != &other) {
      drop();
      kind_ = other.kind_;
      take(other);
      other.kind_ = ValueKind::nil;
    }
    return *this;
  }
  ~Value() { drop(); }

  [[nodiscard]] ValueKind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is(ValueKind kind) const noexcept { return kind_ == kind; }
  [[nodiscard]] bool is_nil() const noexcept { return kind_ == ValueKind::nil; }
  [[nodiscard]] bool is_number() const noexcept { return kind_ >= ValueKind::integer && kind_ <= ValueKind::bigdec; }

  // Each of these requires that `kind()` is the one it names.
  [[nodiscard]] bool as_boolean() const noexcept { return integer_ != 0; }
  [[nodiscard]] std::int64_t as_integer() const noexcept { return integer_; }
  /// Of a float64 and of a float32.
  [[nodiscard]] double as_double() const noexcept { return real_; }
  [[nodiscard]] Instant as_instant() const noexcept { return {integer_}; }
  [[nodiscard]] Keyword as_keyword() const noexcept { return Keyword{name_}; }
  [[nodiscard]] Symbol as_symbol() const noexcept { return Symbol{name_}; }
  /// Of a string; of a bigint, a bigdec and an edn their text.
  [[nodiscard]] std::string_view as_string() const noexcept { return box_->text(); }
  [[nodiscard]] std::span<std::byte const> as_bytes() const noexcept { return box_->bytes(); }
  [[nodiscard]] Uuid as_uuid() const noexcept {
    Uuid uuid;
    std::memcpy(uuid.bytes.data(), box_->bytes().data(), uuid.bytes.size());
    return uuid;
  }
  [[nodiscard]] std::span<Value const> as_tuple() const noexcept { return tuple_->elements; }

  friend bool operator==(Value const& left, Value const& right) noexcept { return compare(left, right) == 0; }
  friend std::strong_ordering operator<=>(Value const& left, Value const& right) noexcept { return compare(left, right); }

  /// The total order. O(1) but for text, bytes and tuples.
  friend std::strong_ordering compare(Value const& left, Value const& right) noexcept {
    if (left.kind_ == ValueKind::integer && right.kind_ == ValueKind::integer) return left.integer_ <=> right.integer_;
    return compare_slow(left, right);
  }

  /// Equal values have equal hashes.
  [[nodiscard]] std::size_t hash() const noexcept {
    auto const mixed = [this](std::size_t hashed) { return hashed * 31U + static_cast<std::size_t>(kind_); };
    switch (kind_) {
      case ValueKind::nil: return 0;
      case ValueKind::boolean:
      case ValueKind::integer:
      case ValueKind::instant: return mixed(std::hash<std::int64_t>{}(integer_));
      case ValueKind::float32:
      case ValueKind::float64: return mixed(std::isnan(real_) ? 1 : std::hash<double>{}(real_ == 0 ? 0.0 : real_));
      case ValueKind::bigint:
      case ValueKind::bigdec: {
        auto const decimal = detail::decimal_of(as_string());
        return mixed(std::hash<std::string>{}(decimal.digits) + static_cast<std::size_t>(decimal.magnitude));
      }
      case ValueKind::keyword:
      case ValueKind::symbol: return mixed(std::hash<void const*>{}(name_));
      case ValueKind::tuple: {
        std::size_t hashed = 7;
        for (auto const& element : tuple_->elements) hashed = hashed * 1000003U ^ element.hash();
        return mixed(hashed);
      }
      case ValueKind::uuid:
      case ValueKind::string:
      case ValueKind::bytes:
      case ValueKind::edn: return mixed(std::hash<std::string_view>{}(box_->text()));
    }
    return 0;
  }

 private:
  friend struct detail::ValueParts;

  /// Of its parts; counts nothing.
  Value(ValueKind kind, std::uint64_t word) noexcept : kind_{kind}, integer_{0} {
    std::memcpy(&integer_, &word, sizeof integer_);
  }

  /// A counted run of bytes; the bytes follow it.
  struct Box {
    std::atomic<std::uint32_t> count;
    std::uint32_t padding;
    std::size_t size;

    [[nodiscard]] std::byte const* data() const noexcept { return reinterpret_cast<std::byte const*>(this + 1); }
    [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return {data(), size}; }
    [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<char const*>(data()), size}; }

    static Box* make(std::span<std::byte const> source) {
      void* memory = ::operator new(sizeof(Box) + source.size());
      auto* box = ::new (memory) Box{1, 0, source.size()};
      if (!source.empty()) std::memcpy(static_cast<void*>(box + 1), source.data(), source.size());
      return box;
    }
    static Box* make(std::string_view text) { return make(std::as_bytes(std::span{text.data(), text.size()})); }
    static void release(Box* box) noexcept {
      if (detail::count_down(box->count) != 0) return;
      box->~Box();
      ::operator delete(box);
    }
  };

  struct Tuple {
    std::atomic<std::uint32_t> count;
    std::vector<Value> elements;
  };

  void take(Value& other) noexcept { std::memcpy(&integer_, &other.integer_, sizeof integer_); }
  void share(Value const& other) noexcept {
    std::memcpy(&integer_, &other.integer_, sizeof integer_);
    if (detail::ValueParts::counted(kind_)) detail::count_up(kind_ == ValueKind::tuple ? tuple_->count : box_->count);
  }
  void drop() noexcept {
    if (detail::ValueParts::counted(kind_)) release();
  }
  void release() noexcept {
    if (kind_ != ValueKind::tuple) {
      Box::release(box_);
    } else if (detail::count_down(tuple_->count) == 0) {
      delete tuple_;
    }
  }

  /// The place of a type among the others; all numbers share one.
  [[nodiscard]] static int rank(ValueKind kind) noexcept {
    return kind >= ValueKind::integer && kind <= ValueKind::bigdec ? static_cast<int>(ValueKind::integer)
                                                                   : static_cast<int>(kind);
  }

  [[nodiscard]] bool is_real() const noexcept { return kind_ == ValueKind::float64 || kind_ == ValueKind::float32; }

  [[nodiscard]] detail::Decimal decimal() const {
    return kind_ == ValueKind::integer ? detail::decimal_of(integer_)
           : is_real()                 ? detail::decimal_of(real_)
                                       : detail::decimal_of(as_string());
  }

  static std::strong_ordering compare_numbers(Value const& left, Value const& right) noexcept {
    if (left.is_real() && right.is_real()) return detail::compare(left.real_, right.real_);
    // What is not finite stands outside of all decimals: NaN last, the infinities at the ends.
    for (bool const swapped : {false, true}) {
      auto const& real = swapped ? right : left;
      if (!real.is_real() || std::isfinite(real.real_)) continue;
      auto const order = real.real_ < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
      return swapped ? 0 <=> order : order;
    }
    if (left.kind_ == ValueKind::integer && right.is_real()) return detail::compare(left.integer_, right.real_);
    if (left.is_real() && right.kind_ == ValueKind::integer) return 0 <=> detail::compare(right.integer_, left.real_);
    return detail::compare(left.decimal(), right.decimal());
  }

  static std::strong_ordering compare_slow(Value const& left, Value const& right) noexcept {
    if (auto by_rank = rank(left.kind_) <=> rank(right.kind_); by_rank != 0) return by_rank;
    switch (left.kind_) {
      case ValueKind::nil: return std::strong_ordering::equal;
      case ValueKind::boolean:
      case ValueKind::instant: return left.integer_ <=> right.integer_;
      case ValueKind::integer:
      case ValueKind::float32:
      case ValueKind::float64:
      case ValueKind::bigint:
      case ValueKind::bigdec: {
        auto const by_value = compare_numbers(left, right);
        return by_value != 0 ? by_value : left.kind_ <=> right.kind_;
      }
      case ValueKind::uuid:
      case ValueKind::string:
      case ValueKind::bytes:
      case ValueKind::edn:
        if (left.box_ == right.box_) return std::strong_ordering::equal;
        return left.box_->text() <=> right.box_->text();
      case ValueKind::keyword: return left.as_keyword() <=> right.as_keyword();
      case ValueKind::symbol: return left.as_symbol() <=> right.as_symbol();
      case ValueKind::tuple: {
        auto const& mine = left.tuple_->elements;
        auto const& other = right.tuple_->elements;
        for (std::size_t i = 0; i != mine.size() && i != other.size(); ++i) {
          if (auto by_element = compare(mine[i], other[i]); by_element != 0) return by_element;
        }
        return mine.size() <=> other.size();
      }
    }
    return std::strong_ordering::equal;
  }

  ValueKind kind_;
  union {
    std::int64_t integer_;
    double real_;
    detail::InternedName const* name_;
    Box* box_;
    Tuple* tuple_;
  };
};

static_assert(sizeof(Value) == 16);

namespace detail {

inline std::uint64_t ValueParts::word(Value const& value) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, &value.integer_, sizeof word);
  return word;
}
inline std::uint64_t ValueParts::take(Value& value) noexcept {
  value.kind_ = ValueKind::nil;
  return word(value);
}
inline Value ValueParts::join(ValueKind kind, std::uint64_t word) noexcept { return {kind, word}; }
inline void ValueParts::share(ValueKind kind, std::uint64_t word) noexcept {
  Value value{kind, word};
  Value another{value};
  static_cast<void>(take(another));
  static_cast<void>(take(value));
}
inline void ValueParts::drop(ValueKind kind, std::uint64_t word) noexcept { Value const value{kind, word}; }

}  // namespace detail

}  // namespace cairn

template <>
struct std::hash<cairn::Value> {
  std::size_t operator()(cairn::Value const& value) const noexcept { return value.hash(); }
};
