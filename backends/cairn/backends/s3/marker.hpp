// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The object that says what a store is.
#pragma once

#include <cairn/backends/s3/keys.hpp>
#include <cairn/backends/s3/probe.hpp>
#include <cairn/backends/s3/text.hpp>
#include <cairn/error/error.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace cairn::backends::s3::details {

/// Written once, when the store is created. In the bucket it is four lines of text: on disk, do not change.
struct Marker {
  StoreId id{};
  Quotes quotes = Quotes::with;  ///< what the server wants
  std::string probed;            ///< the bucket's address when that was found out

  static constexpr std::string_view first_line = "cairn-s3-store";
  static constexpr std::string_view format = "1";

  [[nodiscard]] std::string text() const {
    return std::string{first_line} + " " + std::string{format} + "\nid " + hexadecimal(id) + "\netags " +
           (quotes == Quotes::with ? "quoted" : "unquoted") + "\nprobed " + percent_encoded(probed) + "\n";
  }
  /// Nothing where it is no marker; `store/format` where a later release wrote it.
  [[nodiscard]] static std::optional<Marker> read(std::string_view text) {
    auto const next = [&](std::string_view name) -> std::optional<std::string_view> {
      auto const end = text.find('\n');
      if (end == std::string_view::npos || !text.starts_with(name) || text.size() <= name.size() || text[name.size()] != ' ') return std::nullopt;
      auto const value = text.substr(name.size() + 1, end - name.size() - 1);
      text.remove_prefix(end + 1);
      return value;
    };
    auto const version = next(first_line);
    if (!version) return std::nullopt;
    if (*version != format)
      raise(Errc::store_format, "The S3 store was made by another release of Cairn: use that one.");
    Marker made;
    auto const id = next("id");
    if (!id || !read_hexadecimal(*id, made.id)) return std::nullopt;
    auto const etags = next("etags");
    if (!etags || (*etags != "quoted" && *etags != "unquoted")) return std::nullopt;
    made.quotes = *etags == "quoted" ? Quotes::with : Quotes::without;
    auto const probed = next("probed");
    if (!probed || !text.empty()) return std::nullopt;
    auto address = unescaped(*probed);
    if (!address) return std::nullopt;
    made.probed = *std::move(address);
    return made;
  }
};

/// The marker below a prefix; nothing where there is no store.
inline std::optional<Marker> read_marker(Client const& client, std::string const& prefix) {
  auto call = Client::get(Keys::marker(prefix), 4096);
  client.perform(call);
  if (call.answer.status == 404 && read_refusal(call.answer.body).code != "NoSuchBucket") return std::nullopt;
  if (!call.answer.is_success() || call.is_exhausted) raise_answer(call, "look for a store");
  auto marker = Marker::read(text_of(call.answer.body));
  if (!marker)
    raise(Errc::store_corrupt, "The object " + path_encoded(Keys::marker(prefix)) + " is not what a store begins with: restore it from a backup, or choose another :prefix.");
  return marker;
}

}  // namespace cairn::backends::s3::details
