// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A vector that a compiler gets through quickly.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace cairn::meta {

/// A vector of elements that are copied byte by byte and need no destructor: of such are parsed forms, syntax trees and
/// plans made.
///
/// Why no `std::vector`: the compiler that evaluates a constant calls each function as it is written, with its
/// arguments and its result as trees, and inlines nothing. Where a query was read and planned by g++ 12, half of all
/// calls were inside of vectors: ten to add an element, and five for each that a range-for walks over. Here it is
/// three, and none, because iterators are pointers. A program that runs makes no difference between the two.
///
/// Iterators are valid until more elements are added than there is room for. Thread safety: as of a vector.
template <class Element>
class Pool {
 public:
  constexpr Pool() noexcept = default;
  constexpr explicit Pool(std::size_t count, Element const& element = {}) { resize(count, element); }
  template <class Iterator>
  requires(!std::is_integral_v<Iterator>) constexpr Pool(Iterator first, Iterator last) { insert(end(), first, last); }
  constexpr Pool(Pool const& other) { add(other); }
  constexpr Pool(Pool&& other) noexcept { swap(other); }
  constexpr Pool& operator=(Pool const& other) {
    if (this == &other) return *this;
    size_ = 0;
    add(other);
    return *this;
  }
  constexpr Pool& operator=(Pool&& other) noexcept {
    swap(other);
    return *this;
  }
  constexpr ~Pool() {
    static_assert(std::is_trivially_copyable_v<Element> && std::is_trivially_destructible_v<Element>);
    if (data_ != nullptr) std::allocator<Element>{}.deallocate(data_, capacity_);
  }

  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr Element* data() noexcept { return data_; }
  [[nodiscard]] constexpr Element const* data() const noexcept { return data_; }
  [[nodiscard]] constexpr Element* begin() noexcept { return data_; }
  [[nodiscard]] constexpr Element const* begin() const noexcept { return data_; }
  [[nodiscard]] constexpr Element* end() noexcept { return data_ + size_; }
  [[nodiscard]] constexpr Element const* end() const noexcept { return data_ + size_; }
  [[nodiscard]] constexpr Element& operator[](std::size_t at) noexcept { return data_[at]; }
  [[nodiscard]] constexpr Element const& operator[](std::size_t at) const noexcept { return data_[at]; }
  [[nodiscard]] constexpr Element& back() noexcept { return data_[size_ - 1]; }
  [[nodiscard]] constexpr Element const& back() const noexcept { return data_[size_ - 1]; }

  constexpr void reserve(std::size_t count) {
    if (count > capacity_) grow(count);
  }
  constexpr void push_back(Element const& element) {
    if (size_ == capacity_) return push_grown(element);
    std::construct_at(data_ + size_, element);
    ++size_;
  }
  constexpr void pop_back() noexcept { --size_; }
  constexpr void clear() noexcept { size_ = 0; }
  constexpr void resize(std::size_t count, Element const& element = {}) {
    make_room(count);
    for (; size_ < count; ++size_) std::construct_at(data_ + size_, element);
    size_ = count;
  }
  constexpr void assign(std::size_t count, Element const& element) {
    size_ = 0;
    resize(count, element);
  }
  /// Puts others before an element. Requires that they are not among these.
  template <class Iterator>
  constexpr void insert(Element const* before, Iterator first, Iterator last) {
    auto const at = before - data_;
    auto const old = static_cast<std::ptrdiff_t>(size_);
    make_room(size_ + static_cast<std::size_t>(last - first));
    for (; first != last; ++first) push_back(*first);
    if (at != old) std::rotate(data_ + at, data_ + old, data_ + size_);
  }
  constexpr void erase(Element const* one) noexcept {
    for (auto at = static_cast<std::size_t>(one - data_) + 1; at != size_; ++at) data_[at - 1] = data_[at];
    --size_;
  }

 private:
  static constexpr std::size_t least = 8;

  constexpr void add(Pool const& other) {
    reserve(other.size_);
    for (std::size_t i = 0; i != other.size_; ++i) std::construct_at(data_ + i, other.data_[i]);
    size_ = other.size_;
  }
  constexpr void swap(Pool& other) noexcept {
    auto* const data = data_;
    auto const size = size_;
    auto const capacity = capacity_;
    data_ = other.data_;
    size_ = other.size_;
    capacity_ = other.capacity_;
    other.data_ = data;
    other.size_ = size;
    other.capacity_ = capacity;
  }
  /// For whoever may want more soon.
  constexpr void make_room(std::size_t count) {
    if (count > capacity_) grow(count > capacity_ * 2 ? count : capacity_ * 2);
  }
  constexpr void grow(std::size_t capacity) {
    auto* const grown = std::allocator<Element>{}.allocate(capacity);
    for (std::size_t i = 0; i != size_; ++i) std::construct_at(grown + i, data_[i]);
    if (data_ != nullptr) std::allocator<Element>{}.deallocate(data_, capacity_);
    data_ = grown;
    capacity_ = capacity;
  }
  /// The element may be one of these.
  constexpr void push_grown(Element const& element) {
    auto const copy = element;
    grow(capacity_ == 0 ? least : capacity_ * 2);
    push_back(copy);
  }

  Element* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace cairn::meta
