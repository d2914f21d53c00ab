// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// A branch one of whose nodes is damaged or gone.
#include "laws/gaps.hpp"

#include <cairn/concepts/index_tag.hpp>

#include <catch2/catch_test_macros.hpp>

namespace {

TEST_CASE("what does not need a damaged node goes on behind a transaction that adds below it", "[store]") { cairn::laws::gaps::check_elsewhere<cairn::persistent_set_tag>(); }
TEST_CASE("what is unique is refused where a damaged node would have to say whether it is", "[store]") { cairn::laws::gaps::check_unique<cairn::persistent_set_tag>(); }
TEST_CASE("what was can have a gap while what is has none", "[store]") { cairn::laws::gaps::check_past<cairn::persistent_set_tag>(); }
TEST_CASE("a node that is gone is as one that is damaged, and one that is out of reach is waited for", "[store]") { cairn::laws::gaps::check_gone<cairn::persistent_set_tag>(); }
TEST_CASE("the tail grows where no checkpoint can be made, and what has to be one is refused", "[store]") { cairn::laws::gaps::check_tail<cairn::persistent_set_tag>(); }

}  // namespace
