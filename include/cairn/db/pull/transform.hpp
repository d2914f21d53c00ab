// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What a function is that changes pulled values.
#pragma once

#include <functional>
#include <string_view>

namespace cairn {

namespace notation {
class Value;
}  // namespace notation

/// What `:xform` does with what was pulled under an attribute: with the value, the map of an entity, or the vector of
/// all where there can be many. It is not called where there is nothing, nor for a `:default`; nil for an answer is
/// as if nothing were there. It may be called from any thread that pulls.
using Transform = std::function<notation::Value(notation::Value const& pulled)>;

/// What a name after `:xform` means (`inc`, `my/initials`; a keyword without its colon); empty where it means nothing.
using TransformLookup = std::function<Transform(std::string_view name)>;

}  // namespace cairn
