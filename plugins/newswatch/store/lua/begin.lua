#!lua flags=allow-oom
-- Begin a send: freeze the membership and mark the message as possibly on its way. It works when
-- Redis is out of memory: alerts go on.
-- KEYS 1 lease, 2 message, 3 the channel's outbox, 4 the channel's pacing
-- ARGV 1 lease token, 2 message id, 3 now (ms), 4 look again at (ms), 5 channel free again at (ms)
-- Returns 1 begun, 0 the lease is another's, -1 the message is not queued (any more).
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if redis.call('HGET', KEYS[2], 'state') ~= 'queued' then return -1 end
redis.call('HSET', KEYS[2], 'state', 'sending', 'frozen', 1, 'sending_since', ARGV[3], 'due', ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2])
redis.call('HSET', KEYS[4], 'next_at', ARGV[5])
return 1
