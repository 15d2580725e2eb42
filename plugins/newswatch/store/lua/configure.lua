-- Put a configuration in force, once, with its changes for the feeds.
-- KEYS 1 configuration, 2 past configurations, 3 due feeds, 4 active notices, 5 feeds by bucket, 6 bucket of each feed,
--      7 feeds that are read from another host
-- ARGV 1 version it was decided on, 2 owner it was decided on, 3 its own version (the same version: the files
--      changed, but not what they say), 4 digest, 5 bundle, compressed, 6 how many versions are kept,
--      7 now (ms), 8 fingerprint of its files, 9 owner, 10 changes for the feeds (JSON), 11 how long the records
--      of a removed feed are kept (s), 12 and 13 how many of the following are fields and values of KEYS 1, and
--      of KEYS 5; the others are those of KEYS 6
-- Changes: {added, moved, gone: [[feed, its causes of notices]], feed, parts, notice}; the last three are
--   prefixes of keys: of a feed's state, of all that belongs to a feed, of a notice.
-- Returns 1, or 0 when another configuration or owner was stored meanwhile: nothing was done.
local version, owner = unpack(redis.call('HMGET', KEYS[1], 'version', 'owner'))
if (version or '0') ~= ARGV[1] or (owner or '') ~= ARGV[2] then return 0 end
local follow = cjson.decode(ARGV[10])

if ARGV[3] ~= ARGV[1] then
  redis.call('HSET', KEYS[1], 'version', ARGV[3], 'digest', ARGV[4], 'adopted', ARGV[7])
  redis.call('DEL', KEYS[5], KEYS[6])
  redis.call('HSET', KEYS[5], 'version', ARGV[3], 'digest', ARGV[4])
  local parts = 13 + ARGV[12]
  local buckets = parts + ARGV[13]
  for at = 14, #ARGV, 2 do
    local key = at <= parts and KEYS[1] or at <= buckets and KEYS[5] or KEYS[6]
    redis.call('HSET', key, ARGV[at], ARGV[at + 1])
  end
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[5])
  local oldest = tonumber(ARGV[3]) - tonumber(ARGV[6])
  for _, past in ipairs(redis.call('HKEYS', KEYS[2])) do
    if tonumber(past) <= oldest then redis.call('HDEL', KEYS[2], past) end
  end
end
redis.call('HSET', KEYS[1], 'files', ARGV[8], 'owner', ARGV[9], 'owner_seen', ARGV[7])

-- The schedule has exactly the feeds in force. A feed that returns has its records again.
for _, feed in ipairs(follow.added) do
  redis.call('ZADD', KEYS[3], 'NX', 0, feed)
  for _, prefix in ipairs(follow.parts) do redis.call('PERSIST', prefix .. feed) end
end
for _, feed in ipairs(follow.moved) do redis.call('ZADD', KEYS[3], 0, feed) end
for _, gone in ipairs(follow.gone) do
  local feed, causes = gone[1], gone[2]
  redis.call('ZREM', KEYS[3], feed)
  redis.call('HDEL', KEYS[7], feed)
  redis.call('HDEL', follow.feed .. feed, 'notified')
  for _, prefix in ipairs(follow.parts) do redis.call('EXPIRE', prefix .. feed, ARGV[11]) end
  for _, cause in ipairs(causes) do
    redis.call('SREM', KEYS[4], cause)
    if redis.call('HDEL', follow.notice .. cause, 'since', 'last') > 0 then
      redis.call('EXPIRE', follow.notice .. cause, 86400)
    end
  end
end
return 1
