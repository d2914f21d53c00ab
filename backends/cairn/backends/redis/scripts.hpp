// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// What the server runs as one step.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace cairn::backends::redis::details {

/// Each names all of its keys, as a cluster wants it. All but `remove` answer `gone` where the store is no longer the one that was
/// connected to. Where memory is out, the first thing that is written fails, before anything has changed.
enum class Script : std::size_t { change, put, root, roots, remove };

inline constexpr std::array<std::string_view, 5> script_texts{
    // Compares a root's version and changes it, and stores the blobs that go with that. Sent again, it sees that it has been here: by
    // the lot, which is the epoch of what a commit wrote, and in front of the frame that an append added.
    // KEYS: store, roots, state, tail, blobs; ARGV: the store's value, name, the expected epoch, frames and lot of the last one, operation,
    // lot, bytes, blobs.
    R"(if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'gone' end
local epoch = redis.call('HGET', KEYS[2], ARGV[2]) or ''
local frames = redis.call('LLEN', KEYS[4])
local last = string.sub(redis.call('LINDEX', KEYS[4], -1) or '', 1, 16)
local expected, place, operation, lot = ARGV[3], tonumber(ARGV[4]), ARGV[6], ARGV[7]
if epoch ~= expected or frames ~= place or last ~= ARGV[5] then
  if operation == 'commit' and epoch == lot then return 'done' end
  if operation == 'append' and epoch ~= '' and epoch == (expected == '' and lot or expected) then
    local frame = redis.call('LINDEX', KEYS[4], place)
    if frame and string.sub(frame, 1, 16) == lot then return 'done' end
  end
  return 'conflict'
end
for i = 5, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 4]) end
if operation == 'commit' then
  redis.call('SET', KEYS[3], ARGV[8])
  redis.call('DEL', KEYS[4])
  redis.call('HSET', KEYS[2], ARGV[2], lot)
elseif operation == 'append' then
  if epoch == '' then
    redis.call('SET', KEYS[3], '')
    redis.call('HSET', KEYS[2], ARGV[2], lot)
  end
  redis.call('RPUSH', KEYS[4], ARGV[8])
else
  redis.call('DEL', KEYS[3], KEYS[4])
  redis.call('HDEL', KEYS[2], ARGV[2])
end
return 'done')",
    // Blobs that no root names yet. KEYS: store, blobs; ARGV: the store's value, blobs.
    R"(if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'gone' end
for i = 2, #KEYS do redis.call('SET', KEYS[i], ARGV[i]) end
return 'done')",
    // KEYS: store, roots, state, tail; ARGV: the store's value, name, and what is known: the epoch or nothing, how many frames, and the lot
    // of the last one. Gives the epoch and the frames behind the known ones, or else epoch, state and tail, or nothing. The lot, since a
    // server that lost what it had acknowledged may have got other frames in those places.
    R"(if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'gone' end
local epoch = redis.call('HGET', KEYS[2], ARGV[2])
if not epoch then return {} end
if epoch == ARGV[3] and redis.call('EXISTS', KEYS[3]) == 1 then
  local known = tonumber(ARGV[4])
  local last = known == 0 and '' or redis.call('LINDEX', KEYS[4], known - 1)
  if last and string.sub(last, 1, 16) == ARGV[5] then return {epoch, redis.call('LRANGE', KEYS[4], known, -1)} end
end
return {epoch, redis.call('GET', KEYS[3]), redis.call('LRANGE', KEYS[4], 0, -1)})",
    // KEYS: store, roots; ARGV: the store's value.
    R"(if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'gone' end
return redis.call('HKEYS', KEYS[2]))",
    // Nobody can use the store from here on, and what is left of it is noted. KEYS: store, deleted; ARGV: the store's value, or nothing
    // where there is none; own. Gives the `own` of all that is to be removed.
    R"(if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SADD', KEYS[2], ARGV[2])
  redis.call('DEL', KEYS[1])
end
return redis.call('SMEMBERS', KEYS[2]))",
};

[[nodiscard]] constexpr std::string_view text_of(Script script) noexcept { return script_texts[static_cast<std::size_t>(script)]; }

}  // namespace cairn::backends::redis::details
