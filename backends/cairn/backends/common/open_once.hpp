// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Things that a process must not open twice at a time.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace cairn::backends::common {

/// Shares an object among all who ask for the same key, from the first to the last of them. Who asks while it is being closed waits
/// for the end of that: libraries that lock what they open by process take a second opening for their own.
///
/// Thread safety: every member may be called at once from any thread.
template <class Object>
class OpenOnce {
 public:
  /// The object of that key, or what `make` gives, a std::unique_ptr, where there is none.
  template <class Make>
  [[nodiscard]] std::shared_ptr<Object> get(std::string const& key, Make make) {
    {
      std::unique_lock lock{shared_->mutex};
      for (;;) {
        auto& entry = shared_->entries[key];
        if (auto object = entry.object.lock()) return object;
        if (!entry.is_taken) {
          entry.is_taken = true;
          break;
        }
        shared_->changed.wait(lock);
      }
    }
    Place place{shared_, key};
    auto made = make();
    // From here on the place is given back by whoever lets go of the object last.
    std::shared_ptr<Object> object{made.release(), [place = std::move(place)](Object* last) mutable {
                                     delete last;
                                     place.give_back();
                                   }};
    std::lock_guard const guard{shared_->mutex};
    shared_->entries[key].object = object;
    shared_->changed.notify_all();
    return object;
  }

  /// Does `work` while nobody has the object or can get it; false where somebody has it.
  template <class Work>
  bool while_closed(std::string const& key, Work work) {
    {
      std::unique_lock lock{shared_->mutex};
      for (;;) {
        auto& entry = shared_->entries[key];
        if (!entry.object.expired()) return false;
        if (!entry.is_taken) {
          entry.is_taken = true;
          break;
        }
        shared_->changed.wait(lock);
      }
    }
    Place const place{shared_, key};
    work();
    return true;
  }

 private:
  struct Entry {
    std::weak_ptr<Object> object;
    bool is_taken = false;  ///< from before it is opened until after it is closed
  };
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, Entry> entries;
  };

  /// Held by one at a time.
  class Place {
   public:
    Place(std::shared_ptr<Shared> shared, std::string key) : shared_{std::move(shared)}, key_{std::move(key)} {}
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place() { give_back(); }

    void give_back() noexcept {
      if (!shared_) return;
      auto const shared = std::move(shared_);
      std::lock_guard const guard{shared->mutex};
      shared->entries.erase(key_);
      shared->changed.notify_all();
    }

   private:
    std::shared_ptr<Shared> shared_;
    std::string key_;
  };

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace cairn::backends::common
