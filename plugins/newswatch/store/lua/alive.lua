-- The daily line of a receiver that nothing came for: at most one for each time of day it is due at.
-- KEYS 1 what was told, 2 the channel's pacing, 3 the channel's outbox, 4 channels
-- ARGV 1 receiver, 2 due (ms), 3 now (ms), 4 channel, 5 text, 6 prefix, 7 items added so far
-- Returns 1 when a line was queued.
local told = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '-1')
local due, now = tonumber(ARGV[2]), tonumber(ARGV[3])
if told >= due then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], due, ARGV[1] .. ':items', ARGV[7])
local last = tonumber(redis.call('HGET', KEYS[2], 'last_alert') or '0')
if told < 0 or last >= told then return 0 end
local id = string.sub(redis.sha1hex('alive\n' .. ARGV[1] .. '\n' .. due), 1, 16)
redis.call('HSET', ARGV[6] .. 'message:' .. id, 'v', '1', 'kind', 'ops', 'state', 'queued',
  'channel', ARGV[4], 'story', 'alive:' .. ARGV[1], 'alerts', '[]', 'root', '', 'text', ARGV[5],
  'created', now, 'due', now, 'attempts', 0)
redis.call('ZADD', KEYS[3], now, id)
redis.call('SADD', KEYS[4], ARGV[4])
return 1
