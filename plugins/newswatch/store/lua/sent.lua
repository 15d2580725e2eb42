#!lua flags=allow-oom
-- Hand-over deliver → record: the message is in Slack; forget the queue entry in the same step.
-- Works when Redis is out of memory: a message that is out must never be sent again.
-- KEYS 1 message, 2 the channel's outbox, 3 channels, 4 the channel's pacing, 5 updates, 6 root message
-- ARGV 1 message id, 2 ts, 3 now (ms), 4 channel, 5 channel free again at (ms), 6 retention (s),
--      7 root id or "", 8… feeds that the reply brings and the root message has not
-- Returns 1 recorded, 0 it was recorded before with the same ts, -1 with another ts: it is out twice.
local state, ts = unpack(redis.call('HMGET', KEYS[1], 'state', 'ts'))
if ARGV[5] ~= '' then redis.call('HSET', KEYS[4], 'next_at', ARGV[5]) end
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[4]) end
if state == 'sent' then
  if ts == ARGV[2] then return 0 end
  redis.call('HSET', KEYS[1], 'second_ts', ARGV[2])
  return -1
end
redis.call('HSET', KEYS[1], 'state', 'sent', 'ts', ARGV[2], 'sent', ARGV[3], 'error', '')
redis.call('EXPIRE', KEYS[1], ARGV[6])
-- Readers clicked while its delivery was in doubt: it is to show what they said.
if redis.call('HEXISTS', KEYS[1], 'rev') == 1 then
  redis.call('HINCRBY', KEYS[1], 'rev', 1)
  redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1])
end
for i = 8, #ARGV do
  if redis.call('HSETNX', KEYS[6], 'source:' .. ARGV[i], 1) == 1 then
    redis.call('HINCRBY', KEYS[6], 'further', 1)
    redis.call('HINCRBY', KEYS[6], 'rev', 1)
    redis.call('ZADD', KEYS[5], ARGV[3], ARGV[7])
  end
end
return 1
