#!lua flags=allow-oom
-- An ops notice, keyed by its cause: one on onset, one each few hours, one on recovery.
-- KEYS 1 notice, 2 active causes, 3 channels, 4 the ops channel's outbox
-- ARGV 1 cause, 2 "on", "off" or "once" (it has no end to wait for), 3 text, 4 now (ms),
--      5 repeat after (ms), 6 ops channel or "", 7 prefix
-- Returns the id of the message queued, "" when a notice was due but no ops channel is known,
-- or nil when nothing is due.
local since, last, count = unpack(redis.call('HMGET', KEYS[1], 'since', 'last', 'count'))
local now = tonumber(ARGV[4])
if ARGV[2] == 'on' then
  redis.call('HSET', KEYS[1], 'text', ARGV[3], 'seen', now)
  redis.call('PERSIST', KEYS[1])
  redis.call('SADD', KEYS[2], ARGV[1])
  if not since then redis.call('HSET', KEYS[1], 'since', now) end
  if last and now - tonumber(last) < tonumber(ARGV[5]) then return nil end
  redis.call('HSET', KEYS[1], 'last', now)
elseif ARGV[2] == 'once' then
  if last and now - tonumber(last) < tonumber(ARGV[5]) then return nil end
  redis.call('HSET', KEYS[1], 'text', ARGV[3], 'seen', now, 'last', now)
  redis.call('EXPIRE', KEYS[1], 86400)
else
  if not since then return nil end
  redis.call('SREM', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[1], 'since', 'last')
  redis.call('EXPIRE', KEYS[1], 86400)
end
count = redis.call('HINCRBY', KEYS[1], 'count', 1)
if ARGV[6] == '' then return '' end
local id = string.sub(redis.sha1hex('ops\n' .. ARGV[1] .. '\n' .. count .. '\n' .. ARGV[4]), 1, 16)
redis.call('HSET', ARGV[7] .. 'message:' .. id, 'v', '1', 'kind', 'ops', 'state', 'queued',
  'channel', ARGV[6], 'story', 'ops:' .. ARGV[1], 'alerts', '[]', 'root', '', 'text', ARGV[3],
  'created', now, 'due', now, 'attempts', 0)
redis.call('ZADD', KEYS[4], now, id)
redis.call('SADD', KEYS[3], ARGV[6])
return id
