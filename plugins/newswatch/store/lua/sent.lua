#!lua flags=allow-oom
-- Hand-over deliver → record: the message is in Slack. Remove it from the queue in the same step.
-- Works when Redis is out of memory: a posted message must never be sent again.
-- ARGV 1 message id, 2 ts, 3 now (ms), 4 channel, 5 channel free again at (ms) or "", 6 retention (s),
--      7 root id or "", 8 the alert whose headline the root message shows from now on, or "",
--      9 how often its headline may change, 10 when to remind of it if it has high alerts (ms) or "",
--      11… publishers of the reply that the root message does not have
-- Returns 1 recorded, 0 it was recorded before with the same ts, -1 with another ts: it was posted twice.
local name, root = key.message(ARGV[1]), key.message(ARGV[7])
local before = call('HMGET', name, 'state', 'ts', 'rev', 'lane', 'kind')
if ARGV[5] ~= '' then call('HSET', key.channel(ARGV[4]), 'next_at', ARGV[5]) end
dequeue(ARGV[4], ARGV[1])
if before[1] == 'sent' then
  if before[2] == ARGV[2] then return 0 end
  call('HSET', name, 'second_ts', ARGV[2])
  return -1
end
call('HSET', name, 'state', 'sent', 'ts', ARGV[2], 'sent', ARGV[3], 'error', '')
call('EXPIRE', name, ARGV[6])
if ARGV[10] ~= '' and before[4] == 'first' and before[5] ~= 'reminder' then call('ZADD', key.REMINDERS, ARGV[10], ARGV[1]) end
-- Readers clicked while its delivery was in doubt: the message has to show what they said.
if before[3] then out_of_date(ARGV[1], ARGV[3]) end
-- Not for a story's message that is past its retention: its record would begin again, without an end.
local kept = call('EXISTS', root) == 1
if kept and ARGV[8] ~= '' and tonumber(call('HGET', root, 'headlines') or '0') < tonumber(ARGV[9]) then
  call('HSET', root, 'headline', ARGV[8])
  call('HINCRBY', root, 'headlines', 1)
  out_of_date(ARGV[7], ARGV[3])
end
for i = 11, #ARGV do
  if kept and call('HSETNX', root, 'publisher:' .. ARGV[i], 1) == 1 then
    call('HINCRBY', root, 'further', 1)
    out_of_date(ARGV[7], ARGV[3])
  end
end
return 1
