-- Hand-over poll → match: remember ids and append items in one step.
-- KEYS 1 feed state, 2 seen records, 3 items stream, 4 configuration, 5 due feeds
-- ARGV 1 expected generation, 2 expected configuration version, 3 "part" or "last",
--      4 records (part: appended; last: the whole), 5 trim before (ms), 6 group, 7 feed id,
--      8 next due (ms), 9 number of items n, 10..9+n items (JSON), then state field, value, …
-- Returns {1, generation} or {0, generation, version}: someone else claimed, or the configuration
-- changed: read again and decide again.
local generation = tonumber(redis.call('HGET', KEYS[1], 'gen') or '0')
local version = tonumber(redis.call('HGET', KEYS[4], 'version') or '0')
if generation ~= tonumber(ARGV[1]) or version ~= tonumber(ARGV[2]) then
  return {0, generation, version}
end
local n = tonumber(ARGV[9])
for i = 10, 9 + n do
  redis.call('XADD', KEYS[3], '*', 'v', '1', 'item', ARGV[i])
end
if ARGV[3] == 'part' then
  redis.call('APPEND', KEYS[2], ARGV[4])
else
  if #ARGV[4] > 0 then redis.call('SET', KEYS[2], ARGV[4]) else redis.call('DEL', KEYS[2]) end
  for i = 10 + n, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
  redis.call('ZADD', KEYS[5], ARGV[8], ARGV[7])
  -- Trim by age, but never past what the match stage has not acknowledged.
  local groups = redis.pcall('XINFO', 'GROUPS', KEYS[3])
  if not groups.err then
    for _, group in ipairs(groups) do
      local info = {}
      for j = 1, #group, 2 do info[group[j]] = group[j + 1] end
      if info['name'] == ARGV[6] then
        local floor = info['last-delivered-id']
        if info['pending'] > 0 then floor = redis.call('XPENDING', KEYS[3], ARGV[6])[2] end
        local floor_ms = tonumber(string.match(floor, '^%d+'))
        if floor_ms > tonumber(ARGV[5]) then floor = ARGV[5] end
        redis.call('XTRIM', KEYS[3], 'MINID', '~', floor)
      end
    end
  end
end
return {1, redis.call('HINCRBY', KEYS[1], 'gen', 1)}
