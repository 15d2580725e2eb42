#!lua flags=allow-oom
-- Put a message back into its queue, or keep it `sending` and look at it again later.
-- ARGV 1 message id, 2 new state (queued or sending), 3 due (ms), 4 error, 5 attempts to add,
--      6 "1": the next send is the minimal-text resend, 7 the begin (ms) this answers: a later
--      begin by another process is not touched, 8 channel
-- Returns 1, or 0 when the message has changed since that begin.
local name = key.message(ARGV[1])
local before = call('HMGET', name, 'state', 'sending_since')
if before[1] ~= 'sending' or before[2] ~= ARGV[7] then return 0 end
call('HSET', name, 'state', ARGV[2], 'due', ARGV[3], 'error', ARGV[4])
if ARGV[5] ~= '0' then call('HINCRBY', name, 'attempts', ARGV[5]) end
if ARGV[6] == '1' then call('HSET', name, 'minimal', 1) end
enqueue(ARGV[8], ARGV[1], ARGV[3])
return 1
