// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether a sanitizer looks on: tests that count then count less far. CAIRN_TEST_IN_SHORT is defined where the address sanitizer does and the
// run is not a long one: what a test then leaves out is not compiled either, and another tree of the run has it.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CAIRN_TEST_IS_SANITIZED
#endif
#endif

namespace cairn::test {

#if defined(CAIRN_TEST_IS_SANITIZED) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;  // some forty times slower
#else
inline constexpr bool is_sanitized = false;
#endif

#ifdef CAIRN_TEST_IN_SHORT
inline constexpr bool in_short = true;
#else
inline constexpr bool in_short = false;
#endif

}  // namespace cairn::test
