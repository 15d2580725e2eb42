#!lua flags=allow-oom
-- Begin a send: freeze the membership and mark the message as possibly sent. It works if
-- Redis is out of memory, so that alerts continue. `sent_at` is noted here and not with the answer, which a Redis may
-- get that took over in between and lacks what was sent before.
-- KEYS 1 lease
-- ARGV 1 lease token, 2 message id, 3 now (ms), 4 when to look again (ms), 5 when the channel is free again (ms), 6 channel,
--      7 the run of Redis that the caller has made sure of, or ""
-- Returns 1 begun, 0 the lease is another's, -1 the message is not queued (any more), -2 this is another run of Redis.
if ARGV[7] ~= '' then
  local info = redis.pcall('INFO', 'server')
  local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)')
  if run and run ~= ARGV[7] then return -2 end
end
if call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if call('HGET', key.message(ARGV[2]), 'state') ~= 'queued' then return -1 end
call('HSET', key.message(ARGV[2]), 'state', 'sending', 'frozen', 1, 'sending_since', ARGV[3], 'due', ARGV[4])
enqueue(ARGV[6], ARGV[2], ARGV[4])
call('HSET', key.channel(ARGV[6]), 'next_at', ARGV[5], 'sent_at', ARGV[3])
return 1
