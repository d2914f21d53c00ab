// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Operations on the objects of a store.
#pragma once

#include <cairn/backends/common/encoding.hpp>
#include <cairn/backends/rados/config.hpp>
#include <cairn/backends/rados/errors.hpp>
#include <cairn/backends/rados/handle.hpp>
#include <cairn/backends/rados/operation.hpp>

#include <rados/librados.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::backends::rados::details {

using common::Buffer;
using common::bytes_of;

/// An object's attributes, or some of its entries.
using Texts = std::map<std::string, std::string, std::less<>>;

/// Answers are negative errnos where something failed. Thread safety: every member may be called at once from any thread.
class Cluster {
 public:
  explicit Cluster(Config const& config) : handle_{config}, parallel_{config.parallel} {}

  void check_process() const { handle_.check_process(); }

  int run(std::string const& object, WriteOperation const& operation) const {
    check_process();
    return rados_write_op_operate2(operation.get(), handle_.place(), object.c_str(), nullptr, 0);
  }

  /// An object as it was at one moment.
  struct Seen {
    Texts attributes{};
    std::uint64_t size = 0;
    Buffer bytes{};  ///< from where it was asked for
  };
  /// Bytes that an object is to have there.
  struct Expected {
    std::uint64_t offset;
    std::string_view bytes;
  };
  /// Reads `bytes.size()` bytes from `offset`, or as many as there are. `is_other_bytes` of the answer where the object has not what is expected.
  int look(std::string const& object, std::uint64_t offset, Seen& seen, std::optional<Expected> const& expected = {}) const {
    check_process();
    rados_read_op_t const operation = rados_create_read_op();
    struct Attributes {
      rados_xattrs_iter_t list = nullptr;
      ~Attributes() {
        if (list != nullptr) rados_getxattrs_end(list);
      }
    } attributes;
    time_t time = 0;
    std::size_t size = 0;
    int ignored[4] = {};
    if (expected) rados_read_op_cmpext(operation, expected->bytes.data(), expected->bytes.size(), expected->offset, &ignored[3]);
    rados_read_op_getxattrs(operation, &attributes.list, &ignored[0]);
    rados_read_op_stat(operation, &seen.size, &time, &ignored[1]);
    rados_read_op_read(operation, offset, seen.bytes.size(), reinterpret_cast<char*>(seen.bytes.data()), &size, &ignored[2]);
    auto const answer = rados_read_op_operate(operation, handle_.place(), object.c_str(), 0);
    rados_release_read_op(operation);
    char const* name = nullptr;
    char const* value = nullptr;
    std::size_t length = 0;
    while (answer >= 0 && rados_getxattrs_next(attributes.list, &name, &value, &length) == 0 && name != nullptr) seen.attributes[name].assign(value, length);
    if (answer < 0) return answer;
    seen.bytes.resize(size);
    seen.bytes.shrink_to_fit();  // frames are kept, each with what came with it
    return 0;
  }

  /// Entries behind the key `after`, and whether there are more behind those.
  int read_entries(std::string const& object, std::string const& after, Texts& entries, bool& are_more) const {
    check_process();
    constexpr std::uint64_t most = 1000;
    rados_read_op_t const operation = rados_create_read_op();
    struct Found {
      rados_omap_iter_t list = nullptr;
      ~Found() {
        if (list != nullptr) rados_omap_get_end(list);
      }
    } found;
    unsigned char more = 0;
    int ignored = 0;
    rados_read_op_omap_get_vals2(operation, after.c_str(), "", most, &found.list, &more, &ignored);
    auto const answer = rados_read_op_operate(operation, handle_.place(), object.c_str(), 0);
    rados_release_read_op(operation);
    char* key = nullptr;
    char* value = nullptr;
    std::size_t key_size = 0;
    std::size_t size = 0;
    while (answer >= 0 && rados_omap_get_next2(found.list, &key, &value, &key_size, &size) == 0 && key != nullptr) entries[std::string{key, key_size}].assign(value, size);
    are_more = more != 0;
    return answer;
  }

  // ---- many at once, `:parallel` of them

  void begin(std::string const& object, WriteOperation const& operation, Completion& completion) const {
    completion.begin([&](rados_completion_t answer) { return rados_aio_write_op_operate(operation.get(), handle_.place(), answer, object.c_str(), nullptr, 0); });
  }
  /// The answer is how many bytes were read.
  void begin_read(std::string const& object, std::uint64_t offset, std::span<std::byte> into, Completion& completion) const {
    completion.begin([&](rados_completion_t answer) {
      return rados_aio_read(handle_.place(), object.c_str(), answer, reinterpret_cast<char*>(into.data()), into.size(), offset);
    });
  }
  /// The answer is how long the attribute is; `-ERANGE` where `into` is too small.
  void begin_read(std::string const& object, char const* attribute, std::span<std::byte> into, Completion& completion) const {
    completion.begin([&](rados_completion_t answer) {
      return rados_aio_getxattr(handle_.place(), object.c_str(), answer, attribute, reinterpret_cast<char*>(into.data()), into.size());
    });
  }
  /// `-ENOENT` where there is no such object.
  void begin_stat(std::string const& object, Completion& completion) const {
    completion.begin([&](rados_completion_t answer) { return rados_aio_stat(handle_.place(), object.c_str(), answer, nullptr, nullptr); });
  }

  /// `begin(i, completion)` begins what the number is of, and `done(i, answer)` has its answer, in that order. What they use lives until
  /// this returns or throws.
  template <class Begin, class Done>
  void each(std::size_t count, Begin begin, Done done) const {
    check_process();
    std::deque<Completion> under_way;
    std::size_t next = 0;
    auto const finish = [&] {
      auto const answer = under_way.front().wait();
      under_way.pop_front();
      done(next++, answer);
    };
    for (std::size_t i = 0; i != count; ++i) {
      if (under_way.size() == parallel_) finish();
      under_way.emplace_back();
      begin(i, under_way.back());
    }
    while (!under_way.empty()) finish();
  }
  /// Removes objects; those that are not there are gone already.
  void remove(std::vector<std::string> const& objects) const {
    each(
        objects.size(),
        [&](std::size_t i, Completion& completion) {
          completion.begin([&](rados_completion_t answer) { return rados_aio_remove(handle_.place(), objects[i].c_str(), answer); });
        },
        [](std::size_t, int answer) {
          if (answer < 0 && answer != -ENOENT) raise_answer(answer, "remove objects");
        });
  }

  /// Calls `visit(name)` for each object of the namespace, in no order. The object stores look at all objects of the pool for that.
  template <class Visit>
  void list(Visit visit) const {
    check_process();
    rados_list_ctx_t list = nullptr;
    if (auto const answer = rados_nobjects_list_open(handle_.place(), &list); answer != 0) raise_answer(answer, "list objects");
    struct Close {
      rados_list_ctx_t list;
      ~Close() { rados_nobjects_list_close(list); }
    } const close{list};
    for (;;) {
      char const* name = nullptr;
      std::size_t size = 0;
      auto const answer = rados_nobjects_list_next2(list, &name, nullptr, nullptr, &size, nullptr, nullptr);
      if (answer == -ENOENT) return;
      if (answer != 0) raise_answer(answer, "list objects");
      visit(std::string_view{name, size});
    }
  }

 private:
  Handle handle_;
  std::size_t parallel_;
};

}  // namespace cairn::backends::rados::details
