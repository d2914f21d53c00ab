// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The EDN reader: one pass over the text, no recursion, the same code for the compiler and at run time.
#pragma once

#include <cairn/edn/char_buffer.hpp>
#include <cairn/edn/instant.hpp>
#include <cairn/edn/name.hpp>
#include <cairn/edn/node.hpp>
#include <cairn/edn/node_equality.hpp>
#include <cairn/edn/number.hpp>
#include <cairn/edn/read_result.hpp>
#include <cairn/edn/scan_text.hpp>
#include <cairn/edn/utf8.hpp>
#include <cairn/edn/uuid.hpp>
#include <cairn/error/errc.hpp>
#include <cairn/meta/pool.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::notation {

namespace detail {

/// The state of one call of `read_next`.
class Reader {
 public:
  constexpr Reader(std::string_view text, std::size_t at, std::vector<Node>& nodes, ReaderOptions const& options)
      : text_{text}, at_{at}, start_{at}, first_node_{nodes.size()}, nodes_{nodes}, options_{options} {}

  constexpr ReadResult run() {
    if (text_.size() > 0xFFFFFFFEU) fail(Errc::edn_limit, 0, "a text of 4 GiB or more must be read in pieces");
    while (!done_) step();
    if (result_.status != ReadStatus::form) nodes_.resize(first_node_);
    return result_;
  }

 private:
  enum class Role : std::uint8_t { list, vector, map, set, tagged, prefix, discard };

  struct Frame {
    Role role;
    std::uint32_t node;        // the compound's own node; of a discard, where the nodes are cut off again
    std::uint32_t begin;       // offset of what opened it
    std::uint32_t children;    // so far
    std::size_t entries_from;  // where its keys or elements begin in entries_
    Hasher hasher;             // over the children in order
    std::uint32_t sum;         // over the entries of a map or set, in any order
  };

  // ---- outcomes

  constexpr void fail(Errc code, std::size_t offset, std::string_view message) {
    std::size_t resume = text_.find('\n', offset > at_ ? offset : at_);
    resume = resume == std::string_view::npos ? text_.size() : resume + 1;
    result_ = {ReadStatus::error, start_, resume, 0, code, offset, message};
    done_ = true;
  }
  constexpr void fail(std::size_t offset, std::string_view message) { fail(Errc::edn_syntax, offset, message); }

  constexpr void run_out(std::size_t offset, std::string_view message) {
    result_ = {ReadStatus::incomplete, start_, text_.size(), 0, Errc::edn_syntax, offset, message};
    done_ = true;
  }

  constexpr void run_out_in_frame() {
    Frame const& top = frames_.back();
    switch (top.role) {
      case Role::list:
        return run_out(top.begin, "the list that begins here is not closed; expected ')'");
      case Role::vector:
        return run_out(top.begin, "the vector that begins here is not closed; expected ']'");
      case Role::map:
        return run_out(top.begin, "the map that begins here is not closed; expected '}'");
      case Role::set:
        return run_out(top.begin, "the set that begins here is not closed; expected '}'");
      case Role::tagged:
        return run_out(top.begin, "the tag needs a form after it");
      case Role::prefix:
        return run_out(top.begin, "the prefix needs a form after it");
      case Role::discard:
        return run_out(top.begin, "#_ needs a form after it");
    }
  }

  /// A broken sequence, or a cut one, which only more text can tell from it.
  constexpr void fail_utf8(utf8::Decoded decoded, std::size_t offset) {
    if (decoded.truncated) return run_out(offset, "the text ends inside a UTF-8 sequence");
    fail(offset, "this byte is not UTF-8");
  }

  // ---- the loop

  static constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == ',' || (c >= '\t' && c <= '\r') || (c >= '\x1C' && c <= '\x1F');
  }

  /// Skips whitespace and comments; false where an error stopped it.
  constexpr bool skip_space() {
    if (at_ == 0 && text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
    char const* const text = text_.data();
    std::size_t const size = text_.size();
    for (;; ++at_) {
      while (at_ != size && is_space(text[at_])) ++at_;
      if (at_ == size || text[at_] != ';') return true;
      while (at_ != text_.size() && text_[at_] != '\n') {
        utf8::Decoded const decoded = utf8::decode(text_, at_);
        if (decoded.size == 0) {
          fail_utf8(decoded, at_);
          return false;
        }
        at_ += decoded.size;
      }
      if (at_ == text_.size()) return true;
    }
  }

  constexpr void step() {
    if (!skip_space()) return;
    if (frames_.empty()) start_ = at_;
    if (at_ == text_.size()) {
      if (!frames_.empty()) return run_out_in_frame();
      result_ = {ReadStatus::end, start_, at_, 0, Errc::edn_syntax, at_, {}};
      done_ = true;
      return;
    }
    if (at_ - start_ > options_.max_bytes) return fail(Errc::edn_limit, start_, "this form has too much text");
    char const c = text_[at_];
    bool const closes = c == ')' || c == ']' || c == '}';
    if (!closes && nodes_.size() - first_node_ >= options_.max_nodes) {
      return fail(Errc::edn_limit, start_, "this form has too many parts");
    }
    switch (c) {
      case '(':
        return open(Role::list, Kind::list, 1);
      case '[':
        return open(Role::vector, Kind::vector, 1);
      case '{':
        return open(Role::map, Kind::map, 1);
      case ')':
      case ']':
      case '}':
        return close(c);
      case '"':
        return string();
      case '\\':
        return character();
      case ':':
        return name(true);
      case '#':
        return dispatch();
      case '\'':
      case '@':
        if (options_.shell_forms) return prefix();
        return fail(at_, c == '@' ? "'@' is not EDN" : "a quote is not EDN; write the form without it");
      case '`':
      case '~':
        return fail(at_, "syntax quote and unquote are not EDN");
      case '^':
        return fail(at_, "metadata is not EDN");
      default:
        break;
    }
    bool const is_signed = (c == '-' || c == '+') && at_ + 1 != text_.size() && is_digit(text_[at_ + 1]);
    if (is_digit(c) || is_signed) return number();
    name(false);
  }

  // ---- compounds

  static constexpr Kind kind_of(Role role) noexcept {
    switch (role) {
      case Role::vector:
        return Kind::vector;
      case Role::map:
        return Kind::map;
      case Role::set:
        return Kind::set;
      case Role::tagged:
        return Kind::tagged;
      default:
        return Kind::list;
    }
  }

  constexpr std::uint32_t add_node(Kind kind, std::size_t begin, std::size_t end, std::uint32_t hash,
                                   bool escaped = false) {
    auto const index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back(
        {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), 0, index + 1, hash, kind, escaped});
    return index;
  }

  constexpr bool push(Role role) {
    if (frames_.size() >= options_.max_depth) {
      fail(Errc::edn_limit, at_, "forms are nested too deep here");
      return false;
    }
    // Lists and vectors share a seed since they are equal as sequences.
    auto const seed = role == Role::vector ? Kind::list : kind_of(role);
    // No temporary, which would be const: g++ 12 lets no constructor of a member write to it while a constant is
    // evaluated.
    Frame frame{role,
                static_cast<std::uint32_t>(nodes_.size()),
                static_cast<std::uint32_t>(at_),
                0,
                entries_.size(),
                Hasher{static_cast<std::uint32_t>(seed)},
                0};
    frames_.push_back(frame);
    return true;
  }

  constexpr void open(Role role, Kind kind, std::size_t size) {
    if (!push(role)) return;
    add_node(kind, at_, at_, 0);
    at_ += size;
  }

  constexpr void close(char closer) {
    if (frames_.empty()) {
      fail(at_, closer == ')' ? "unmatched ')'" : closer == ']' ? "unmatched ']'" : "unmatched '}'");
      result_.end = at_ + 1;
      return;
    }
    Frame const& top = frames_.back();
    switch (top.role) {
      case Role::tagged:
        return fail(at_, "expected a form after the tag, found a closing bracket");
      case Role::prefix:
        return fail(at_, "expected a form after the prefix, found a closing bracket");
      case Role::discard:
        return fail(at_, "expected a form after #_, found a closing bracket");
      case Role::list:
        if (closer != ')') return fail(at_, "expected ')' or a form, found another closing bracket");
        break;
      case Role::vector:
        if (closer != ']') return fail(at_, "expected ']' or a form, found another closing bracket");
        break;
      case Role::map:
      case Role::set:
        if (closer != '}') return fail(at_, "expected '}' or a form, found another closing bracket");
        if (top.role == Role::map && top.children % 2 != 0) {
          return fail(nodes_[entries_.back()].begin, "this key has no value; a map needs an even number of forms");
        }
        if (!check_entries(top)) return;
        break;
    }
    ++at_;
    finish_frame();
  }

  /// Refuses keys or elements that occur twice.
  constexpr bool check_entries(Frame const& top) {
    auto const begin = entries_.begin() + static_cast<std::ptrdiff_t>(top.entries_from);
    std::size_t const count = entries_.size() - top.entries_from;
    if (count < 2) return true;
    std::sort(begin, entries_.end(), [&](std::uint32_t left, std::uint32_t right) {
      return std::pair{nodes_[left].hash, left} < std::pair{nodes_[right].hash, right};
    });
    // Within a run of one hash each is compared with each. Chance makes no long runs; who makes one gets no quadratic
    // time.
    constexpr std::size_t longest_run = 32;
    std::size_t run = 0;
    for (std::size_t i = 1; i != count; ++i) {
      std::uint32_t const here = begin[static_cast<std::ptrdiff_t>(i)];
      run = nodes_[begin[static_cast<std::ptrdiff_t>(i - 1)]].hash == nodes_[here].hash ? run + 1 : 0;
      if (run > longest_run) {
        fail(Errc::edn_limit, top.begin, "too many different keys of this map or set share one hash");
        return false;
      }
      for (std::size_t back = 1; back <= run; ++back) {
        if (!equal_nodes(text_, nodes_, begin[static_cast<std::ptrdiff_t>(i - back)], here)) continue;
        fail(nodes_[here].begin,
             top.role == Role::map ? "this key is in the map already" : "this element is in the set already");
        return false;
      }
    }
    return true;
  }

  /// The top frame has all its children and the text up to `at_`.
  constexpr void finish_frame() {
    Frame const top = frames_.back();
    frames_.pop_back();
    if (entries_.size() != top.entries_from) entries_.resize(top.entries_from);
    Node& node = nodes_[top.node];
    node.end = static_cast<std::uint32_t>(at_);
    node.children = top.children;
    node.next = static_cast<std::uint32_t>(nodes_.size());
    Hasher hasher = top.hasher;
    if (top.role == Role::map || top.role == Role::set) hasher.add_word(top.sum);
    hasher.add_word(top.children);
    node.hash = hasher.finish();
    complete(top.node);
  }

  /// The node at `index` and its subtree are read; gives it to the frame that it belongs to.
  constexpr void complete(std::uint32_t index) {
    if (frames_.empty()) {
      result_ = {ReadStatus::form, start_, at_, index, Errc::edn_syntax, at_, {}};
      done_ = true;
      return;
    }
    Frame& top = frames_.back();
    std::uint32_t const hash = nodes_[index].hash;
    switch (top.role) {
      case Role::discard:
        nodes_.resize(top.node);
        entries_.resize(top.entries_from);
        frames_.pop_back();
        return;
      case Role::map:
        if (top.children % 2 == 0) {
          entries_.push_back(index);
        } else {
          Hasher pair{nodes_[entries_.back()].hash};
          pair.add_word(hash);
          top.sum += pair.finish();
        }
        break;
      case Role::set: {
        entries_.push_back(index);
        Hasher element{0};
        element.add_word(hash);
        top.sum += element.finish();
        break;
      }
      default:
        top.hasher.add_word(hash);
        break;
    }
    ++top.children;
    if (top.role == Role::prefix && top.children == 2) return finish_frame();
    if (top.role == Role::tagged && top.children == 2 && check_tagged(top.node)) return finish_frame();
  }

  // ---- what begins with '#', and the prefixes of the shell

  constexpr void dispatch() {
    if (at_ + 1 == text_.size()) return run_out(at_, "expected '{', '_', '#' or a tag after '#'");
    char const c = text_[at_ + 1];
    if (c == '{') return open(Role::set, Kind::set, 2);
    if (c == '_') {
      if (push(Role::discard)) at_ += 2;
      return;
    }
    if (c == '#') return symbolic();
    if (c == '"') return fail(at_, "regular expression literals are not EDN; write a string");
    if (c == '(') return fail(at_, "function literals are not EDN");
    if (c == '\'') return fail(at_, "var quotes are not EDN");
    std::size_t const begin = at_ + 1;
    if (!is_name_byte(c) || is_digit(c) || c == ':') return fail(at_, "expected '{', '_', '#' or a tag after '#'");
    if (!push(Role::tagged)) return;
    add_node(Kind::tagged, at_, at_, 0);
    at_ = begin;
    name(false);
  }

  constexpr void symbolic() {
    std::size_t const begin = at_;
    std::string_view const token = scan_token(at_ + 2);
    if (done_) return;
    double value = 0;
    if (token == "Inf") {
      value = std::numeric_limits<double>::infinity();
    } else if (token == "-Inf") {
      value = -std::numeric_limits<double>::infinity();
    } else if (token == "NaN") {
      value = std::numeric_limits<double>::quiet_NaN();
    } else if (at_ == text_.size() &&
               (std::string_view{"Inf"}.starts_with(token) || std::string_view{"-Inf"}.starts_with(token) ||
                std::string_view{"NaN"}.starts_with(token))) {
      return run_out(begin, "expected ##Inf, ##-Inf or ##NaN");
    } else {
      return fail(begin, "expected ##Inf, ##-Inf or ##NaN");
    }
    complete(add_node(Kind::real, begin, at_, hash_real(value)));
  }

  constexpr void prefix() {
    std::string_view const form = text_[at_] == '\'' ? "quote" : "deref";
    if (!push(Role::prefix)) return;
    std::size_t const begin = at_;
    add_node(Kind::list, begin, begin, 0);
    ++at_;
    complete(add_node(Kind::symbol, begin, at_, hash_bytes(Kind::symbol, form)));
  }

  /// `#inst` and `#uuid` are checked here, so that whoever meets one later finds it sound.
  constexpr bool check_tagged(std::uint32_t index) {
    Node const& tag = nodes_[index + 1];
    Node const& value = nodes_[tag.next];
    std::string_view const tag_text = text_.substr(tag.begin, tag.end - tag.begin);
    bool const is_instant = tag_text == "inst";
    if (!is_instant && tag_text != "uuid") return true;
    if (value.kind == Kind::string && !value.escaped) {
      std::string_view const content = text_.substr(value.begin + 1, value.end - value.begin - 2);
      if (is_instant) {
        if (auto const instant = parse_instant(content)) {
          frames_.back().hasher = Hasher{static_cast<std::uint32_t>(Kind::tagged)};
          frames_.back().hasher.add_word(static_cast<std::uint64_t>(*instant));
          return true;
        }
      } else if (auto const uuid = parse_uuid(content)) {
        frames_.back().hasher = Hasher{static_cast<std::uint32_t>(Kind::tagged)};
        for (std::uint8_t const byte : *uuid) frames_.back().hasher.add_word(byte);
        return true;
      }
    }
    fail(value.begin, is_instant ? "#inst needs a string like \"2020-01-02T03:04:05.678Z\""
                                 : "#uuid needs a string like \"01234567-89ab-cdef-0123-456789abcdef\"");
    return false;
  }

  // ---- atoms

  static constexpr std::uint32_t hash_bytes(Kind kind, std::string_view bytes) noexcept {
    Hasher hasher{static_cast<std::uint32_t>(kind)};
    hasher.add(bytes);
    return hasher.finish();
  }

  static constexpr std::uint32_t hash_word(Kind kind, std::uint64_t word) noexcept {
    Hasher hasher{static_cast<std::uint32_t>(kind)};
    hasher.add_word(word);
    return hasher.finish();
  }

  static constexpr std::uint32_t hash_real(double value) noexcept {
    // All NaNs are one value, and so are the two zeros.
    if (value != value) return hash_word(Kind::real, 1);
    return hash_word(Kind::real, value == 0 ? 0 : std::bit_cast<std::uint64_t>(value));
  }

  /// From `begin` to the next delimiter; moves `at_` behind it. Requires: name bytes or a delimiter at `begin`.
  constexpr std::string_view scan_token(std::size_t begin) {
    // No calls for each byte: a compiler that reads takes longer over a call than over all else here.
    char const* const text = text_.data();
    std::size_t const size = text_.size();
    bool const* const names = name_bytes.data();
    for (at_ = begin; at_ != size;) {
      auto const byte = static_cast<unsigned char>(text[at_]);
      if (!names[byte]) break;
      if (byte < 0x80) {
        ++at_;
        continue;
      }
      utf8::Decoded const decoded = utf8::decode(text_, at_);
      if (decoded.size == 0) {
        fail_utf8(decoded, at_);
        return {};
      }
      if (is_invisible(decoded.point)) {
        fail(at_, "an invisible character or a space that is not EDN's");
        return {};
      }
      at_ += decoded.size;
    }
    if (at_ != size && !ends_token(text[at_])) {
      fail(at_, "this character must not stand here");
      return {};
    }
    return {text + begin, at_ - begin};
  }

  static constexpr bool ends_token(char c) noexcept {
    return is_space(c) || c == '(' || c == ')' || c == '[' || c == ']' || c == '{' || c == '}' || c == '"' || c == ';';
  }

  /// By size, so that few are compared.
  static constexpr Kind kind_of_name(std::string_view token) noexcept {
    switch (token.size()) {
      case 3: return token == "nil" ? Kind::nil : Kind::symbol;
      case 4: return token == "true" ? Kind::boolean : Kind::symbol;
      case 5: return token == "false" ? Kind::boolean : Kind::symbol;
      default: return Kind::symbol;
    }
  }

  constexpr void name(bool keyword) {
    std::size_t const begin = at_;
    std::string_view const token = scan_token(begin + (keyword ? 1 : 0));
    if (done_) return;
    if (!keyword) {
      Kind const special = kind_of_name(token);
      // After '#' even these are tags in Clojure's eyes; no writer makes such a tag, so it is an error.
      bool const is_tag = !frames_.empty() && frames_.back().role == Role::tagged && frames_.back().children == 0;
      if (special != Kind::symbol && is_tag) return fail(begin, "nil, true and false are not tags");
      if (special != Kind::symbol) return complete(add_node(special, begin, at_, hash_bytes(special, token)));
    }
    if (char const* const error = name_error(token, keyword)) {
      if (token.empty() && at_ == text_.size()) return run_out(begin, error);
      return fail(begin, error);
    }
    Kind const kind = keyword ? Kind::keyword : Kind::symbol;
    complete(add_node(kind, begin, at_, hash_bytes(kind, token)));
  }

  constexpr void number() {
    std::size_t const begin = at_;
    std::string_view const token = scan_token(begin);
    if (done_) return;
    if (token.size() > options_.max_digits) return fail(Errc::edn_limit, begin, "this number has too many digits");
    NumberToken const scanned = scan_number(token);
    if (scanned.error != nullptr) return fail(begin + scanned.at, scanned.error);
    std::uint32_t hash = 0;
    switch (scanned.kind) {
      case Kind::integer:
        hash = hash_word(Kind::integer, static_cast<std::uint64_t>(*to_integer(token)));
        break;
      case Kind::bigint:
        hash = hash_bytes(Kind::bigint, canonical_bigint<CharBuffer>(token));
        break;
      case Kind::decimal:
        hash = hash_bytes(Kind::decimal, canonical_decimal<CharBuffer>(token));
        break;
      default: {
        double const value = to_double(token);
        if (value - value != 0) return fail(begin, "out of the range of a double; write a decimal (1e400M) or ##Inf");
        hash = hash_real(value);
      }
    }
    complete(add_node(scanned.kind, begin, at_, hash));
  }

  constexpr void string() {
    std::size_t const begin = at_;
    Hasher hasher{static_cast<std::uint32_t>(Kind::string)};
    bool escaped = false;
    for (++at_; at_ != text_.size();) {
      char const c = text_[at_];
      if (c == '"') {
        ++at_;
        return complete(add_node(Kind::string, begin, at_, hasher.finish(), escaped));
      }
      if (c == '\\') {
        escaped = true;
        Escape const escape = scan_escape(text_, at_);
        if (escape.truncated) return run_out(begin, "the string that begins here is not closed; expected '\"'");
        if (escape.error != nullptr) return fail(at_, escape.error);
        hasher.add(utf8::encode(escape.point).view());
        at_ += escape.size;
      } else if (static_cast<unsigned char>(c) < 0x80) {
        hasher.add(c);
        ++at_;
      } else {
        utf8::Decoded const decoded = utf8::decode(text_, at_);
        if (decoded.size == 0) return fail_utf8(decoded, at_);
        hasher.add(text_.substr(at_, decoded.size));
        at_ += decoded.size;
      }
    }
    run_out(begin, "the string that begins here is not closed; expected '\"'");
  }

  constexpr void character() {
    std::size_t const begin = at_;
    if (begin + 1 == text_.size()) return run_out(begin, "expected a character after '\\'");
    if (is_space(text_[begin + 1]) && text_[begin + 1] != ',')
      return fail(begin, "expected a character after '\\'; a space is \\space, a line break \\newline");
    utf8::Decoded const first = utf8::decode(text_, begin + 1);
    if (first.size == 0) return fail_utf8(first, begin + 1);
    scan_token(begin + 1 + first.size);
    if (done_) return;
    Escape const character = scan_character(text_.substr(begin + 1, at_ - begin - 1));
    if (character.error != nullptr) return fail(begin, character.error);
    complete(add_node(Kind::character, begin, at_, hash_word(Kind::character, character.point)));
  }

  std::string_view text_;
  std::size_t at_;
  std::size_t start_;
  std::size_t first_node_;
  std::vector<Node>& nodes_;
  ReaderOptions const& options_;
  meta::Pool<Frame> frames_{};
  meta::Pool<std::uint32_t> entries_{};  // nodes of the keys and elements of the open maps and sets
  ReadResult result_{};
  bool done_ = false;
};

}  // namespace detail

/// Reads the next form of `text` at or after `offset` and appends its nodes; where there is none, `nodes` stays as it
/// was. Call it again with the result's `end` for the next one. A name or number that touches the end of the text is
/// taken as finished. Requires: `offset <= text.size()`. Linear in the form's text; maps and sets add a sort of their
/// keys' hashes. Throws nothing but what `nodes` throws: errors are in the result.
constexpr ReadResult read_next(std::string_view text, std::size_t offset, std::vector<Node>& nodes,
                               ReaderOptions const& options = {}) {
  return detail::Reader{text, offset, nodes, options}.run();
}

/// Reads the one form that is the whole of `text` and appends its nodes. `end` (no form) is turned into `incomplete`, a
/// second form into `error`.
constexpr ReadResult read_one(std::string_view text, std::vector<Node>& nodes, ReaderOptions const& options = {}) {
  std::size_t const before = nodes.size();
  ReadResult result = read_next(text, 0, nodes, options);
  if (result.status == ReadStatus::end) {
    result.status = ReadStatus::incomplete;
    result.message = "expected a form, found the end of the text";
  }
  if (result.status != ReadStatus::form) return result;
  ReadResult const rest = read_next(text, result.end, nodes, options);
  if (rest.status == ReadStatus::end) return result;
  nodes.resize(before);
  if (rest.status != ReadStatus::form) return rest;
  return {ReadStatus::error,
          rest.begin,
          rest.end,
          0,
          Errc::edn_syntax,
          rest.begin,
          "expected one form, found another after it"};
}

}  // namespace cairn::notation
