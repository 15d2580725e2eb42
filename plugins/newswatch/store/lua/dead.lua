#!lua flags=allow-oom
-- A message Slack will never take goes to the dead letters.
-- KEYS 1 message, 2 the channel's outbox, 3 channels, 4 dead letters
-- ARGV 1 message id, 2 now (ms), 3 error, 4 channel
redis.call('HSET', KEYS[1], 'state', 'dead', 'error', ARGV[3])
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[4]) end
redis.call('ZADD', KEYS[4], ARGV[2], ARGV[1])
return 1
