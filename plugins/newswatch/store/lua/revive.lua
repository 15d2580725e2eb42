-- A dead letter is tried again.
-- KEYS 1 message, 2 the channel's outbox, 3 channels, 4 dead letters
-- ARGV 1 message id, 2 now (ms), 3 channel
-- Returns 1, or 0 when the message is not a dead letter.
if redis.call('HGET', KEYS[1], 'state') ~= 'dead' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'queued', 'due', ARGV[2], 'attempts', 0, 'error', '')
redis.call('HDEL', KEYS[1], 'minimal')
redis.call('PERSIST', KEYS[1])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[3])
return 1
