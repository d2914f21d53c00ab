// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Committing several transactions as one.
#pragma once

#include <cairn/db/transact.hpp>
#include <cairn/error/log.hpp>
#include <cairn/store/back_off.hpp>
#include <cairn/store/branch.hpp>
#include <cairn/store/commit_queue.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cairn {

namespace detail {

[[noreturn]] inline void raise_failed(std::string const& reason, bool nothing_else) {
  raise(Errc::io_error, "The storage refused the commit: " + reason + "." +
                            (nothing_else ? " Nothing has changed; try again when the cause is mended." : ""));
}

/// `commit/unknown` of which no cause is told. Whoever may need it when memory is out asks for it once before.
[[nodiscard]] inline Error const& plain_unknown() {
  static Error const error{Errc::commit_unknown,
                           "The reply to a commit was lost, and then there was no memory to find out whether it landed. Connect "
                           "again and look for the transaction's data before you repeat it."};
  return error;
}

/// `commit/unknown`, because of the exception that is being handled.
[[nodiscard]] inline Error unknown_because_of_current() {
  auto const made = [](std::string const& cause, std::string data = "{}") {
    return Error{Errc::commit_unknown,
                 "The reply to a commit was lost, and what followed did not tell whether it landed: " + cause +
                     " Connect again and look for the transaction's data before you repeat it.",
                 std::move(data)};
  };
  try {
    throw;
  } catch (Error const& error) {
    return made(error.message(), "{:cause :" + std::string{name(error.code())} + "}");
  } catch (std::exception const& error) {
    return made(error.what());
  } catch (...) {
    return made("Something was thrown that is no exception.");
  }
}

}  // namespace detail

/// A transaction that waits to be committed, and what became of it: a report, or why it was not.
template <class IndexTag>
struct CommitRequest : CommitQueue<CommitRequest<IndexTag>>::Entry {
  explicit CommitRequest(TxData const& wanted) : data{&wanted} {}
  TxData const* data;
  TxData const* before = nullptr;  ///< of a transaction that comes before it, in the same commit: both, or neither
  std::span<CommitRecord const> merged{};  ///< what it is made from beside what the branch holds
  std::optional<EntityId> made_for{};      ///< the last transaction that it knows of: refused once there is another
  EntityId numbers_from = 0;               ///< entities that are new after it have larger numbers than this
  std::optional<TxReport<IndexTag>> report{};
  std::optional<TxReport<IndexTag>> report_before{};
  std::exception_ptr refusal{};
};

/// Commits a group of transactions, each on what those before it made, with one change of the root: they land together or not
/// at all. One that is refused has no part in it, and stops no other. What a refusal rests on may be another member of the
/// group: so it stands once that one has landed.
///
/// Where the commit is overtaken, all are applied again, to what the others left. Where its reply is lost, what was tried is
/// kept until the root tells whether it landed; whatever ends the search before leaves as `commit/unknown`.
template <class Backend, class IndexTag>
class GroupCommit {
 public:
  using Request = CommitRequest<IndexTag>;

  GroupCommit(Branch<Backend, IndexTag>& branch, std::span<Request* const> requests) : branch_{branch}, requests_{requests} {}

  /// Decides all.
  void run() noexcept {
    try {
      run_until_known();
    } catch (...) {
      refuse_all();
    }
    branch_.let_go();
  }

 private:
  /// What became of a request in one attempt.
  struct Outcome {
    std::optional<TxReport<IndexTag>> report{};
    std::optional<TxReport<IndexTag>> report_before{};
    std::exception_ptr refusal{};
  };
  struct Attempt {
    std::vector<Outcome> outcomes{};  // one a request
    std::vector<CommitId> ids{};      // of those that have a report
    std::uint64_t frame_bytes = 0;    // 0: it was to be a checkpoint
    std::uint64_t transaction_bytes = 0;
  };

  void run_until_known() {
    detail::BackOff back_off;
    for (int number = 0; number != max_commit_attempts; ++number) {
      auto attempt = apply_all();
      if (attempt.ids.empty()) return decide_refused(std::move(attempt));
      // Before the commit: once its reply is lost it must be noted, and told.
      pending_.reserve(pending_.size() + 1);
      static_cast<void>(detail::plain_unknown());
      auto const result = commit(attempt);
      switch (result.outcome) {
        case CommitResult::committed: decide(attempt); return;
        case CommitResult::failed: detail::raise_failed(result.reason, pending_.empty());
        case CommitResult::unknown: pending_.push_back(std::move(attempt)); break;
        case CommitResult::conflict: break;
      }
      tell(result, number);
      if (number + 1 >= patient_commit_attempts && result.outcome == CommitResult::conflict) branch_.hold();
      auto const since = branch_.adopt_newest();
      for (auto& one : pending_) {
        if (!since.has(one.ids.back())) continue;
        count_late(one);
        return decide(one);
      }
      if (since.moved && !pending_.empty()) {
        if (!since.complete) raise(Errc::commit_conflict, "Others have committed more since than the root names.");
        pending_.clear();  // they expected a version that is gone: not landed, and never to land
      }
      if (!branch_.holds()) back_off(number);
    }
    raise(Errc::commit_conflict, "Other writers overtook this transaction " + std::to_string(max_commit_attempts) +
                                     " times." + (pending_.empty() ? " Nothing has changed; try again." : ""));
  }

  void tell(CommitResult const& result, int number) const noexcept {
    bool const is_lost = result == CommitResult::unknown;
    log(is_lost ? LogLevel::warning : LogLevel::info, is_lost ? LogEvent::commit_unknown : LogEvent::commit_conflict, [&] {
      auto const& branch = branch_.name();
      return std::pair{is_lost ? "The reply to a commit on branch " + branch + " was lost (" + result.reason + "); the root will tell whether it landed."
                               : "Others overtook a commit on branch " + branch + "; it is made again.",
                       "{:branch " + quoted_text(branch) + " :attempt " + std::to_string(number + 1) + " :transactions " + std::to_string(requests_.size()) + "}"};
    });
  }

  /// Each on what those before it made. What is refused may only be so because of what others have committed since, a schema
  /// that is not known here yet: the first refusal looks, and if so, all begins again, once.
  [[nodiscard]] Attempt apply_all() {
    auto attempt = empty_attempt();
    bool is_newest = !pending_.empty();
    auto db = branch_.db();
    while (attempt.outcomes.size() != requests_.size()) {
      auto& outcome = attempt.outcomes.emplace_back();
      try {
        auto const id = CommitId::random();
        auto const& request = *requests_[attempt.outcomes.size() - 1];
        if (request.made_for && *request.made_for != db.max_tx()) {
          raise(Errc::commit_conflict, "Others have committed since this was made. Nothing has changed; make it again.");
        }
        if (request.before != nullptr) outcome.report_before = transact(db, *request.before);
        outcome.report = transact(outcome.report_before ? outcome.report_before->db_after : db, *request.data);
        if (request.numbers_from > outcome.report->db_after.max_eid()) renumber(outcome.report->db_after, request.numbers_from);
        db = outcome.report->db_after;
        attempt.ids.push_back(id);  // has room
      } catch (Error const&) {
        outcome.refusal = std::current_exception();
      } catch (...) {
        outcome.refusal = std::current_exception();
        continue;
      }
      if (outcome.report || is_newest) continue;
      is_newest = true;
      if (branch_.has_moved()) {
        attempt = empty_attempt();
        db = branch_.db();
      }
    }
    return attempt;
  }
  static void renumber(Db<IndexTag>& db, EntityId from) {
    auto snapshot = db.snapshot();
    snapshot.max_entity = from;
    db = Db<IndexTag>{std::move(snapshot)};
  }
  [[nodiscard]] Attempt empty_attempt() const {
    Attempt attempt;
    attempt.outcomes.reserve(requests_.size());
    attempt.ids.reserve(requests_.size());
    return attempt;
  }

  /// What is large goes to the store once, as nodes; what purges must not leave a trace in the tail; a merge names its parents.
  [[nodiscard]] CommitResult commit(Attempt& attempt) {
    auto const& last = std::ranges::find_if(attempt.outcomes.rbegin(), attempt.outcomes.rend(),
                                            [](Outcome const& outcome) { return outcome.report.has_value(); });
    if (belongs_into_tail(attempt)) {
      std::vector<std::pair<CommitId, TxRecord const*>> transactions;
      auto id = attempt.ids.begin();
      for (auto const& outcome : attempt.outcomes) {
        if (outcome.report) transactions.emplace_back(*id++, &outcome.report->record);
      }
      auto const frame = codec::write_frame(transactions);
      if (frame.size() <= tail_budget) {
        attempt.frame_bytes = attempt.transaction_bytes = frame.size();
        return branch_.append(last->report->db_after, frame, attempt.ids);
      }
    }
    std::vector<CommitRecord> merged;
    for (std::size_t i = 0; i != requests_.size(); ++i) {
      if (attempt.outcomes[i].report) merged.insert(merged.end(), requests_[i]->merged.begin(), requests_[i]->merged.end());
    }
    attempt.transaction_bytes = size_of(attempt);  // before: nothing may fail behind a commit that has landed
    auto result = branch_.commit(last->report->db_after, attempt.ids, merged);
    if (result == CommitResult::committed) branch_.activity().transaction_bytes.add(attempt.transaction_bytes);
    return result;
  }
  /// One whose reply was lost, and that the root names. How many nodes it wrote is known to nobody any more.
  void count_late(Attempt const& attempt) noexcept {
    auto& activity = branch_.activity();
    (attempt.frame_bytes != 0 ? activity.appends : activity.checkpoints).add(1);
    activity.appended_bytes.add(attempt.frame_bytes);
    activity.transaction_bytes.add(attempt.transaction_bytes);
  }
  /// The bytes of its transactions, as a frame would have them, though not that many in memory.
  [[nodiscard]] static std::uint64_t size_of(Attempt const& attempt) {
    std::uint64_t bytes = 0;
    ByteWriter out;
    for (auto const& outcome : attempt.outcomes) {
      if (!outcome.report) continue;
      for (auto const* const report : {&outcome.report_before, &outcome.report}) {
        if (!*report) continue;
        for (auto const& datom : (*report)->record.datoms) {
          out.clear();
          codec::write(out, datom.v);
          bytes += codec::smallest_datom_of_record - 1 + out.size();
        }
      }
    }
    return bytes;
  }
  [[nodiscard]] bool belongs_into_tail(Attempt const& attempt) const noexcept {
    std::size_t datoms = 0;
    for (std::size_t i = 0; i != requests_.size(); ++i) {
      auto const& outcome = attempt.outcomes[i];
      if (!outcome.report) continue;
      if (!requests_[i]->merged.empty() || requests_[i]->numbers_from != 0 || requests_[i]->before != nullptr) return false;
      if (!outcome.report->record.purged.empty()) return false;
      datoms += outcome.report->record.datoms.size();
    }
    return datoms * codec::smallest_datom_of_record <= tail_budget;
  }

  // ---- decisions

  void decide(Attempt& attempt) noexcept {
    for (std::size_t i = 0; i != requests_.size(); ++i) {
      requests_[i]->report = std::move(attempt.outcomes[i].report);
      requests_[i]->report_before = std::move(attempt.outcomes[i].report_before);
      requests_[i]->refusal = std::move(attempt.outcomes[i].refusal);
    }
  }
  /// Nothing is left to commit. Where an attempt before this one may have landed, or may yet, nobody knows what the refusal
  /// is worth.
  void decide_refused(Attempt attempt) noexcept {
    for (std::size_t i = 0; i != requests_.size(); ++i) {
      auto& refusal = attempt.outcomes[i].refusal;
      requests_[i]->refusal = pending_.empty() ? std::move(refusal) : unknown_because_of(std::move(refusal));
    }
  }
  /// By the exception that is being handled; an `Error` is copied, since each is thrown on a thread of its own.
  void refuse_all() noexcept {
    for (auto* const request : requests_) request->refusal = refusal_of_current();
  }
  [[nodiscard]] std::exception_ptr refusal_of_current() const noexcept {
    if (!pending_.empty()) return unknown_of_current();
    try {
      throw;
    } catch (Error const& error) {
      return std::make_exception_ptr(error);
    } catch (...) {
      return std::current_exception();
    }
  }
  [[nodiscard]] static std::exception_ptr unknown_of_current() noexcept {
    try {
      return std::make_exception_ptr(detail::unknown_because_of_current());
    } catch (...) {
      return std::make_exception_ptr(detail::plain_unknown());
    }
  }
  [[nodiscard]] std::exception_ptr unknown_because_of(std::exception_ptr cause) const noexcept {
    try {
      std::rethrow_exception(std::move(cause));
    } catch (...) {
      return refusal_of_current();
    }
  }

  Branch<Backend, IndexTag>& branch_;
  std::span<Request* const> requests_;
  std::vector<Attempt> pending_{};  // those of which nobody knows whether they landed
};

}  // namespace cairn
