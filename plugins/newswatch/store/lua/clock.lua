#!lua flags=allow-oom
-- Notice that the time went back, and bring forward by as much what was put off while it was ahead. Otherwise feeds and
-- channels would be silent until the old time is reached again. What has a time of day (digests) stays.
-- KEYS 1 the latest time, 2 feeds by their next poll, 3 workspace
-- ARGV 1 now (ms), 2 by how much it must have gone back to count (ms)
-- Returns by how many ms it went back, 0 if it did not.
local now, least = tonumber(ARGV[1]), tonumber(ARGV[2])
local latest = tonumber(call('GET', KEYS[1]) or '0')
if latest - now < least then
  if now > latest then call('SET', KEYS[1], ARGV[1]) end
  return 0
end
local by = latest - now
call('SET', KEYS[1], ARGV[1])

local function sooner(sorted, whose)
  local rows = call('ZRANGEBYSCORE', sorted, '(' .. ARGV[1], '+inf', 'WITHSCORES')
  for i = 1, #rows, 2 do
    if not whose or whose(rows[i]) then call('ZADD', sorted, math.max(now, tonumber(rows[i + 1]) - by), rows[i]) end
  end
end
local function over(hash, field)
  if tonumber(call('HGET', hash, field) or '0') > now then call('HSET', hash, field, 0) end
end
sooner(KEYS[2])
sooner(key.UPDATES)
over(KEYS[3], 'until')
for _, channel in ipairs(call('SMEMBERS', key.CHANNELS)) do
  over(key.channel(channel), 'until')
  over(key.channel(channel), 'next_at')
  sooner(key.outbox(channel), function(id)
    local kind, sending_since = unpack(call('HMGET', key.message(id), 'kind', 'sending_since'))
    -- When it was really sent is not known, so the history of a day is searched for it.
    if tonumber(sending_since or '0') > now then call('HSET', key.message(id), 'sending_since', now - 86400000) end
    return kind ~= 'digest'
  end)
end
return by
