-- Queue a dead letter again.
-- ARGV 1 message id, 2 now (ms), 3 channel
-- Returns 1, or 0 when the message is not a dead letter.
local name = key.message(ARGV[1])
if call('HGET', name, 'state') ~= 'dead' then return 0 end
call('HSET', name, 'state', 'queued', 'due', ARGV[2], 'attempts', 0, 'error', '')
call('HDEL', name, 'minimal')
call('PERSIST', name)
call('ZREM', key.DEAD, ARGV[1])
enqueue(ARGV[3], ARGV[1], ARGV[2])
wake()
return 1
