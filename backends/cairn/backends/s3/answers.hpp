// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a server answers in XML, which is not to be trusted.
#pragma once

#include <cairn/backends/s3/text.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <expat.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cairn::backends::s3::details {

/// The way through a document, for expat, which is C: no exception goes through it.
template <class Visit>
class XmlWalk {
 public:
  XmlWalk(Visit& visit, XML_Parser parser) noexcept : visit_{visit}, parser_{parser} {
    XML_SetUserData(parser, this);
    XML_SetElementHandler(parser, &XmlWalk::begin, &XmlWalk::end);
    XML_SetCharacterDataHandler(parser, &XmlWalk::add);
    XML_SetStartDoctypeDeclHandler(parser, &XmlWalk::refuse);
  }
  XmlWalk(XmlWalk const&) = delete;
  XmlWalk& operator=(XmlWalk const&) = delete;
  [[nodiscard]] bool is_bad() const noexcept { return is_bad_; }

 private:
  static constexpr std::size_t deepest = 16;
  static constexpr std::size_t longest_name = 256;
  static constexpr std::size_t longest_text = std::size_t{64} << 10U;

  template <class Step>
  static void guard(void* self, Step step) noexcept {
    auto& walk = *static_cast<XmlWalk*>(self);
    if (walk.is_bad_) return;
    try {
      if (step(walk)) return;
    } catch (...) {  // NOLINT(bugprone-empty-catch): the walk ends
    }
    walk.is_bad_ = true;
    XML_StopParser(walk.parser_, XML_FALSE);
  }
  static void begin(void* self, XML_Char const* name, XML_Char const** /*attributes*/) noexcept {
    guard(self, [&](XmlWalk& walk) {
      std::string_view const text{name};
      if (walk.parents_.size() == deepest || text.size() > longest_name) return false;
      walk.parents_.push_back(walk.path_.size());
      walk.path_.append("/").append(text);
      walk.text_.clear();
      return true;
    });
  }
  static void end(void* self, XML_Char const* /*name*/) noexcept {
    guard(self, [](XmlWalk& walk) {
      walk.visit_(std::string_view{walk.path_}, std::string_view{walk.text_});
      walk.path_.resize(walk.parents_.back());
      walk.parents_.pop_back();
      walk.text_.clear();
      return true;
    });
  }
  static void add(void* self, XML_Char const* text, int size) noexcept {
    guard(self, [&](XmlWalk& walk) {
      if (walk.text_.size() + static_cast<std::size_t>(size) > longest_text) return false;
      walk.text_.append(text, static_cast<std::size_t>(size));
      return true;
    });
  }
  static void refuse(void* self, XML_Char const*, XML_Char const*, XML_Char const*, int) noexcept {
    guard(self, [](XmlWalk&) { return false; });
  }

  Visit& visit_;
  XML_Parser parser_;
  std::vector<std::size_t> parents_{};  // how long the path was
  std::string path_{};
  std::string text_{};
  bool is_bad_ = false;
};

/// Reads a document and calls `visit(path, text)` at the end of each element: its names from the root, with a `/` before each, and the
/// text in it. False where it is not well-formed, has a document type, or is deeper or longer than any answer of a server; then what was
/// visited is worth nothing. No entity is expanded but XML's own five.
template <class Visit>
bool read_xml(ByteSpan document, Visit visit) {
  if (document.size() > (std::size_t{64} << 20U)) return false;
  struct FreeParser {
    void operator()(XML_Parser parser) const noexcept { XML_ParserFree(parser); }
  };
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> const parser{XML_ParserCreate(nullptr)};
  if (!parser) return false;
  XmlWalk<Visit> const walk{visit, parser.get()};
  auto const result =
      XML_Parse(parser.get(), reinterpret_cast<char const*>(document.data()), static_cast<int>(document.size()), XML_TRUE);
  return result == XML_STATUS_OK && !walk.is_bad();
}

/// What a refusal says of itself; empty where it says nothing that can be read.
struct Refusal {
  std::string code;
  std::string message;
};

inline Refusal read_refusal(ByteSpan document) {
  Refusal made;
  bool const is_whole = read_xml(document, [&](std::string_view path, std::string_view text) {
    if (path == "/Error/Code") made.code = text;
    if (path == "/Error/Message") made.message = text;
  });
  if (!is_whole) return {};
  // They go into an error's data and message.
  if (made.code.size() > 64) made.code.resize(64);
  if (made.message.size() > 200) made.message.resize(200);
  std::erase_if(made.code, [](char c) { return !is_alphanumeric(c); });
  for (auto& c : made.message) {
    if (static_cast<unsigned char>(c) < 32) c = ' ';
  }
  return made;
}

struct Listed {
  std::string key;
  std::uint64_t size = 0;
};
/// One page of the objects of a bucket.
struct Page {
  std::vector<Listed> objects;
  std::string next;  ///< how to ask for the page behind it; empty where there is none
};

/// Nothing where it is not such a page, whole.
inline std::optional<Page> read_page(ByteSpan document) {
  Page page;
  Listed current;
  bool is_page = false;
  bool is_bad = false;
  bool is_truncated = false;
  bool is_encoded = false;
  bool const is_whole = read_xml(document, [&](std::string_view path, std::string_view text) {
    constexpr std::string_view root = "/ListBucketResult";
    if (path == root) is_page = true;
    if (!path.starts_with(root)) return;
    auto const name = path.substr(root.size());
    if (name == "/Contents/Key") {
      current.key = text;
    } else if (name == "/Contents/Size") {
      auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), current.size);
      if (error != std::errc{} || end != text.data() + text.size()) is_bad = true;
    } else if (name == "/Contents") {
      if (current.key.empty()) is_bad = true;
      page.objects.push_back(std::exchange(current, {}));
    } else if (name == "/IsTruncated") {
      is_truncated = text == "true";
      if (!is_truncated && text != "false") is_bad = true;
    } else if (name == "/EncodingType") {
      is_encoded = text == "url";
    } else if (name == "/NextContinuationToken") {
      page.next = text;
    }
  });
  if (!is_whole || !is_page || is_bad || (is_truncated && page.next.empty())) return std::nullopt;
  if (!is_truncated) page.next.clear();
  if (is_encoded) {
    for (auto& object : page.objects) {
      for (auto& c : object.key) {
        if (c == '+') c = ' ';  // a form's encoding: a plus itself is %2B
      }
      auto key = unescaped(object.key);
      if (!key) return std::nullopt;
      object.key = *std::move(key);
    }
  }
  return page;
}

}  // namespace cairn::backends::s3::details
