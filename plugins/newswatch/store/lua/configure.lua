-- Put a configuration in force, once, with its changes for the feeds.
-- KEYS 1 configuration, 2 past configurations, 3 due feeds, 4 active notices
-- ARGV 1 version it was decided on, 2 owner it was decided on, 3 its own version (the same version: the files
--      changed, but not what they say), 4 digest, 5 bundle (JSON), 6 bundle, compressed, 7 how many versions are
--      kept, 8 now (ms), 9 fingerprint of its files, 10 owner, 11 changes for the feeds (JSON), 12 how long
--      the records of a removed feed are kept (s)
-- Changes: {added, moved, gone: [[feed, its causes of notices]], feed, parts, notice}; the last three are
--   prefixes of keys: of a feed's state, of all that belongs to a feed, of a notice.
-- Returns 1, or 0 when another configuration or owner was stored meanwhile: nothing was done.
local version, owner = unpack(redis.call('HMGET', KEYS[1], 'version', 'owner'))
if (version or '0') ~= ARGV[1] or (owner or '') ~= ARGV[2] then return 0 end
local follow = cjson.decode(ARGV[11])

if ARGV[3] ~= ARGV[1] then
  redis.call('HSET', KEYS[1], 'version', ARGV[3], 'digest', ARGV[4], 'bundle', ARGV[5], 'adopted', ARGV[8])
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[6])
  local oldest = tonumber(ARGV[3]) - tonumber(ARGV[7])
  for _, past in ipairs(redis.call('HKEYS', KEYS[2])) do
    if tonumber(past) <= oldest then redis.call('HDEL', KEYS[2], past) end
  end
end
redis.call('HSET', KEYS[1], 'files', ARGV[9], 'owner', ARGV[10], 'owner_seen', ARGV[8])

-- The schedule has exactly the feeds in force. A feed that returns has its records again.
for _, feed in ipairs(follow.added) do
  redis.call('ZADD', KEYS[3], 'NX', 0, feed)
  for _, prefix in ipairs(follow.parts) do redis.call('PERSIST', prefix .. feed) end
end
for _, feed in ipairs(follow.moved) do redis.call('ZADD', KEYS[3], 0, feed) end
for _, gone in ipairs(follow.gone) do
  local feed, causes = gone[1], gone[2]
  redis.call('ZREM', KEYS[3], feed)
  redis.call('HDEL', follow.feed .. feed, 'notified')
  for _, prefix in ipairs(follow.parts) do redis.call('EXPIRE', prefix .. feed, ARGV[12]) end
  for _, cause in ipairs(causes) do
    redis.call('SREM', KEYS[4], cause)
    if redis.call('HDEL', follow.notice .. cause, 'since', 'last') > 0 then
      redis.call('EXPIRE', follow.notice .. cause, 86400)
    end
  end
end
return 1
