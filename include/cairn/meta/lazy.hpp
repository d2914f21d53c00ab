// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Functions that only those units compile which call them.
#pragma once

namespace cairn::meta {

/// `template <meta::Lazy = {}>` before a function that would need no template. A plain inline function is compiled by every
/// unit that includes it, and with it all templates of the standard library that it uses, which is where a compiler's time
/// goes; a template is read, and compiled where it is called.
enum class Lazy : bool {};

}  // namespace cairn::meta
