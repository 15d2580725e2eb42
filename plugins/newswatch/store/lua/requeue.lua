#!lua flags=allow-oom
-- Put a message back into its queue, or keep it `sending` with another look later.
-- KEYS 1 message, 2 the channel's outbox
-- ARGV 1 message id, 2 new state (queued or sending), 3 due (ms), 4 error, 5 attempts to add,
--      6 "1": the next send is the minimal-text resend, 7 the begin (ms) this answers: a later
--      begin by another process is not touched
local state, since = unpack(redis.call('HMGET', KEYS[1], 'state', 'sending_since'))
if state ~= 'sending' or since ~= ARGV[7] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[2], 'due', ARGV[3], 'error', ARGV[4])
if ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[1], 'attempts', ARGV[5]) end
if ARGV[6] == '1' then redis.call('HSET', KEYS[1], 'minimal', 1) end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 1
