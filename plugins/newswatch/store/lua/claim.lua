-- Hand-over poll → match: remember ids, append items and queue their pages in one step.
-- KEYS 1 feed state, 2 seen records, 3 items stream, 4 configuration, 5 due feeds, 6 article queue,
--      7 elements of the last document, 8 lease, if one is held
-- ARGV 1 expected generation, 2 expected configuration version, 3 "part" or "last",
--      4 records (part: appended; last: the whole), 5 trim before (ms), 6 group, 7 feed id,
--      8 next due (ms), 9 now (ms), 10 retention of article jobs (s),
--      11 elements (last: of this document), 12 lease token or "", 13 number of items n, then n times an item (JSON) and 1 if its page is to be read or 0,
--      then state field, value, …
-- Returns {1, generation} or {0, generation, version}: another poll claimed, or the configuration
-- changed. Read and decide again. {-1}: the lease is another's.
if ARGV[12] ~= '' and redis.call('GET', KEYS[8]) ~= ARGV[12] then return {-1} end
local generation = tonumber(redis.call('HGET', KEYS[1], 'gen') or '0')
local version = tonumber(redis.call('HGET', KEYS[4], 'version') or '0')
if generation ~= tonumber(ARGV[1]) or version ~= tonumber(ARGV[2]) then
  return {0, generation, version}
end
local states = 14 + 2 * tonumber(ARGV[13])
if states > 14 then  -- items by day and hour, for the charts
  local hours = math.floor(tonumber(ARGV[9]) / 3600000)
  local day = key.items_by_hour(math.floor(hours / 24))
  redis.call('HINCRBY', day, hours % 24, tonumber(ARGV[13]))
  redis.call('EXPIRE', day, 9 * 86400)
  local of_feeds = key.items_of_feeds(math.floor(hours / 24))
  redis.call('HINCRBY', of_feeds, hours % 24 .. '|' .. ARGV[7], tonumber(ARGV[13]))
  redis.call('EXPIRE', of_feeds, 2 * 86400)
end
for i = 14, states - 1, 2 do
  redis.call('XADD', KEYS[3], '*', 'v', '1', 'item', ARGV[i])
  if ARGV[i + 1] == '1' then
    -- An edit replaces what was queued before, but the page is not read earlier: its
    -- host may have asked for the delay. The stamp distinguishes the two.
    local item = cjson.decode(ARGV[i])
    local job = key.article(item.id)
    redis.call('DEL', job)
    redis.call('HSET', job, 'v', '1', 'item', ARGV[i], 'feed', ARGV[7], 'link', item.link,
      'tries', 0, 'stamp', item.revision .. ':' .. generation)
    redis.call('EXPIRE', job, ARGV[10])
    redis.call('ZADD', KEYS[6], 'GT', ARGV[9], item.id)
  end
end
if ARGV[3] == 'part' then
  redis.call('APPEND', KEYS[2], ARGV[4])
  -- The records are newer than the elements of the last document: the next one must be parsed in full.
  redis.call('DEL', KEYS[7])
else
  if #ARGV[4] > 0 then redis.call('SET', KEYS[2], ARGV[4]) else redis.call('DEL', KEYS[2]) end
  if #ARGV[11] > 0 then redis.call('SET', KEYS[7], ARGV[11]) else redis.call('DEL', KEYS[7]) end
  for i = states, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
  redis.call('ZADD', KEYS[5], ARGV[8], ARGV[7])
  -- Trim by age, but never items that the match stage has not acknowledged.
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
