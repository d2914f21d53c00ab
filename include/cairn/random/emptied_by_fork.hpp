// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Memory that a child of a fork does not have.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include <sys/mman.h>
#include <unistd.h>

namespace cairn::random {

/// One that is zeros, and becomes zeros again in a child, however the child came to be: the kernel sees to it. It stays for as long as the
/// process; null where the kernel cannot.
template <class Kept>
[[nodiscard]] Kept* emptied_by_fork() noexcept {
  static_assert(std::is_trivially_destructible_v<Kept>);
  auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto const size = (sizeof(Kept) + page - 1) / page * page;
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (::madvise(memory, size, MADV_WIPEONFORK) == 0) return new (memory) Kept{};
  ::munmap(memory, size);
  return nullptr;
}

}  // namespace cairn::random
