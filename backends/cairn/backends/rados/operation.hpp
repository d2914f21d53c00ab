// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What one object is asked for, as one step, and the answer to it.
#pragma once

#include <cairn/backends/common/text.hpp>

#include <rados/librados.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace cairn::backends::rados::details {

using common::ByteSpan;

[[nodiscard]] inline char const* chars(ByteSpan bytes) noexcept { return reinterpret_cast<char const*>(bytes.data()); }

/// Conditions and changes of one object, which all hold or nothing changes. Copies what it is given. It is run once.
class WriteOperation {
 public:
  WriteOperation() : operation_{rados_create_write_op()} {
    if (!operation_) throw std::bad_alloc{};
  }

  /// `-EEXIST` where the object is there.
  WriteOperation& create() {
    rados_write_op_create(get(), LIBRADOS_CREATE_EXCLUSIVE, nullptr);
    return *this;
  }
  /// `-ENOENT` where the object is not there.
  WriteOperation& require() {
    rados_write_op_assert_exists(get());
    return *this;
  }
  /// `-ECANCELED` where the attribute is another or absent, `-ENOENT` where the object is.
  WriteOperation& expect(char const* attribute, std::string_view value) {
    rados_write_op_cmpxattr(get(), attribute, LIBRADOS_CMPXATTR_OP_EQ, value.data(), value.size());
    return *this;
  }
  /// `is_other_bytes` of the answer where these bytes are others or absent.
  WriteOperation& expect_bytes(std::uint64_t offset, std::string_view bytes) {
    rados_write_op_cmpext(get(), bytes.data(), bytes.size(), offset, nullptr);
    return *this;
  }
  WriteOperation& set(char const* attribute, ByteSpan value) {
    rados_write_op_setxattr(get(), attribute, chars(value), value.size());
    return *this;
  }
  WriteOperation& replace(ByteSpan bytes) {
    rados_write_op_write_full(get(), chars(bytes), bytes.size());
    return *this;
  }
  WriteOperation& append(ByteSpan bytes) {
    rados_write_op_append(get(), chars(bytes), bytes.size());
    return *this;
  }
  /// Gives the room of these bytes back; they read as zeros.
  WriteOperation& zero(std::uint64_t offset, std::uint64_t size) {
    rados_write_op_zero(get(), offset, size);
    return *this;
  }
  WriteOperation& remove() {
    rados_write_op_remove(get());
    return *this;
  }
  WriteOperation& clear_entries() {
    rados_write_op_omap_clear(get());
    return *this;
  }
  WriteOperation& set_entry(std::string_view key, std::string_view value) {
    char const* const keys = key.data();
    char const* const values = value.data();
    std::size_t const key_size = key.size();
    std::size_t const value_size = value.size();
    rados_write_op_omap_set2(get(), &keys, &values, &key_size, &value_size, 1);
    return *this;
  }

  [[nodiscard]] rados_write_op_t get() const noexcept { return operation_.get(); }

 private:
  struct Release {
    void operator()(void* operation) const noexcept { rados_release_write_op(operation); }
  };
  std::unique_ptr<void, Release> operation_;
};

/// An answer that is waited for, whatever happens: the library writes to buffers until it is there, which `:timeout` bounds.
class Completion {
 public:
  Completion() {
    rados_completion_t made = nullptr;
    if (rados_aio_create_completion2(nullptr, nullptr, &made) != 0) throw std::bad_alloc{};
    completion_.reset(made);
  }
  Completion(Completion const&) = delete;
  Completion& operator=(Completion const&) = delete;
  ~Completion() { static_cast<void>(wait()); }

  /// `ask` begins an operation and gives what librados says to that.
  template <class Ask>
  void begin(Ask ask) {
    answer_ = ask(completion_.get());
    is_under_way_ = answer_ == 0;
  }
  /// The answer: not negative, or a negative errno.
  int wait() noexcept {
    if (std::exchange(is_under_way_, false)) {
      rados_aio_wait_for_complete(completion_.get());
      answer_ = rados_aio_get_return_value(completion_.get());
    }
    return answer_;
  }

 private:
  struct Release {
    void operator()(void* completion) const noexcept { rados_aio_release(completion); }
  };
  std::unique_ptr<void, Release> completion_;
  int answer_ = 0;
  bool is_under_way_ = false;
};

}  // namespace cairn::backends::rados::details
