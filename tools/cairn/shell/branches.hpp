// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// The functions of the shell about branches and commits.
#pragma once

#include "value.hpp"

#include <span>

namespace cairn::tool {

/// `(branches conn)`: their names as keywords.
[[nodiscard]] ShellValue call_branches(std::span<ShellValue const> arguments);
/// `(branch! conn from to)`: `from` is a branch or a commit.
[[nodiscard]] ShellValue call_branch(std::span<ShellValue const> arguments);
/// `(delete-branch! conn branch)`.
[[nodiscard]] ShellValue call_delete_branch(std::span<ShellValue const> arguments);
/// `(merge! conn parents tx-data)`: Datahike's, a transaction that has the branches or commits `parents` as its parents, too; and
/// `(merge! conn branch)`, `(merge! conn branch :ours)`: what the branch changed is taken over, or `{:conflicts [...]}` returned.
[[nodiscard]] ShellValue call_merge(std::span<ShellValue const> arguments);
/// `(force-branch! conn db branch parents)`: what the branch holds from now on, and the branches or commits that it is said to come from. The new commit.
[[nodiscard]] ShellValue call_force_branch(std::span<ShellValue const> arguments);
/// `(branch-as-db conn branch)`, `(commit-as-db conn commit)`.
[[nodiscard]] ShellValue call_branch_as_db(std::span<ShellValue const> arguments);
[[nodiscard]] ShellValue call_commit_as_db(std::span<ShellValue const> arguments);
/// `(commit-id conn)`: makes what the connection holds a commit.
[[nodiscard]] ShellValue call_commit_id(std::span<ShellValue const> arguments);
/// `(parent-commit-ids conn)`: what the newest commit of its branch was made from.
[[nodiscard]] ShellValue call_parent_commit_ids(std::span<ShellValue const> arguments);
/// `(branch-history conn)`: the commits that its branch comes from, newest first.
[[nodiscard]] ShellValue call_branch_history(std::span<ShellValue const> arguments);
/// `(diff before after)`: `{:removed [...] :added [...]}`, datoms. `(diff base ours theirs)`: `{:ours {...} :theirs {...} :conflicts [...]}`.
[[nodiscard]] ShellValue call_diff(std::span<ShellValue const> arguments);

}  // namespace cairn::tool
