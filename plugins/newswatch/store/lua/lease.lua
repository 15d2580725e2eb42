#!lua flags=allow-oom
-- Take, renew or give up a lease. Works if Redis is out of memory, so that the queues can empty.
-- KEYS 1 lease; ARGV 1 token, 2 "take", "renew" or "release", 3 duration (ms)
-- Returns 1 when the lease is (or was) ours, else minus the milliseconds it has left.
local holder = redis.call('GET', KEYS[1])
if ARGV[2] == 'release' then
  if holder == ARGV[1] then redis.call('DEL', KEYS[1]) end
  return 1
end
if (ARGV[2] == 'take' and not holder) or holder == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
  return 1
end
return holder and -redis.call('PTTL', KEYS[1]) or 0
