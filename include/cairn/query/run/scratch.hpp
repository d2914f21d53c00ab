// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Memory that one query leaves to the next.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

namespace cairn::query {

namespace detail {

/// What queries of this thread have given back, up to 8 MiB: a system takes longer to give a page than a query to fill it.
class ScratchMemory {
 public:
  ScratchMemory(ScratchMemory const&) = delete;
  ScratchMemory& operator=(ScratchMemory const&) = delete;

  /// At least so many bytes, aligned to 64; `bytes` becomes what there is.
  [[nodiscard]] static void* take(std::size_t& bytes) {
    bytes = size_for(bytes);
    auto const place = place_of(bytes);
    if (auto* memory = mine(); memory != nullptr && place < places) {
      auto& kept = memory->kept_[place];
      if (!kept.empty()) {
        auto* block = kept.back();
        kept.pop_back();
        memory->bytes_ -= bytes;
        return block;
      }
    }
    auto* const block = ::operator new(bytes, alignment(bytes));
#ifdef MADV_HUGEPAGE
    // Filling pages for the first time takes longer than most queries: large ones are a hundred times fewer. Only advice.
    if (bytes >= huge) static_cast<void>(::madvise(block, bytes, MADV_HUGEPAGE));
#endif
    return block;
  }
  /// What `take` makes of so many bytes.
  [[nodiscard]] static constexpr std::size_t size_for(std::size_t bytes) noexcept { return std::bit_ceil(bytes < smallest ? smallest : bytes); }
  /// Gives back what `take` gave, on any thread. `bytes` is as `take` left it.
  static void give(void* block, std::size_t bytes) noexcept {
    auto const place = place_of(bytes);
    if (auto* memory = mine(); memory != nullptr && place < places && memory->bytes_ + bytes <= most) {
      auto& kept = memory->kept_[place];
      if (kept.capacity() != kept.size()) {
        kept.push_back(block);
        memory->bytes_ += bytes;
        return;
      }
    }
    ::operator delete(block, alignment(bytes));
  }

 private:
  static constexpr std::size_t smallest = 1024;
  static constexpr std::size_t huge = std::size_t{2} << 20U;  ///< the size of a large page
  static constexpr std::size_t most = std::size_t{8} << 20U;
  static constexpr std::size_t places = 13;  // 2^10 to 2^22 bytes; what is larger is not kept

  [[nodiscard]] static constexpr std::align_val_t alignment(std::size_t bytes) noexcept {
    return std::align_val_t{bytes >= huge ? huge : std::size_t{64}};
  }

  ScratchMemory() {
    for (auto& kept : kept_) kept.reserve(64);  // so that giving back needs no memory
  }
  ~ScratchMemory() {
    is_gone() = true;
    for (std::size_t place = 0; place != kept_.size(); ++place) {
      for (auto* block : kept_[place]) ::operator delete(block, alignment(smallest << place));
    }
  }

  [[nodiscard]] static std::size_t place_of(std::size_t bytes) noexcept {
    return static_cast<std::size_t>(std::countr_zero(bytes)) - 10;
  }
  /// A result may be destroyed when the thread's objects are.
  [[nodiscard]] static bool& is_gone() noexcept {
    thread_local bool gone = false;
    return gone;
  }
  [[nodiscard]] static ScratchMemory* mine() noexcept {
    if (is_gone()) return nullptr;
    thread_local ScratchMemory memory;
    return &memory;
  }

  std::array<std::vector<void*>, places> kept_{};
  std::size_t bytes_ = 0;
};

}  // namespace detail

/// An array without values, which goes to the next query when it is destroyed. `Element` is trivial.
template <class Element>
class Scratch {
 public:
  Scratch() = default;
  explicit Scratch(std::size_t size) : bytes_{size * sizeof(Element)} {
    data_ = static_cast<Element*>(detail::ScratchMemory::take(bytes_));
  }
  Scratch(Scratch&& other) noexcept : data_{std::exchange(other.data_, nullptr)}, bytes_{std::exchange(other.bytes_, 0)} {}
  Scratch& operator=(Scratch&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Scratch() {
    if (data_ != nullptr) detail::ScratchMemory::give(data_, bytes_);
  }

  [[nodiscard]] Element* get() const noexcept { return data_; }
  [[nodiscard]] Element& operator[](std::size_t at) const noexcept { return data_[at]; }
  [[nodiscard]] explicit operator bool() const noexcept { return data_ != nullptr; }
  /// As many elements as there is room for.
  [[nodiscard]] std::size_t size() const noexcept { return bytes_ / sizeof(Element); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  Element* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace cairn::query
