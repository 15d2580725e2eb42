#!lua flags=allow-oom
-- Take, renew or give up a lease. Works if Redis is out of memory, so that the queues can empty.
-- KEYS 1 lease; ARGV 1 token, 2 "take", "renew" or "release", 3 duration (ms), 4 Airflow's run or "", 5 which try of it,
-- 6 which process or ""
-- A later try of a run takes the lease from an earlier one, which is dead or about to be ended, and a process its own.
-- Returns 1 when the lease is (or was) ours, else minus the milliseconds it has left.
local holder = redis.call('GET', KEYS[1])
if ARGV[2] == 'release' then
  if holder == ARGV[1] then redis.call('DEL', KEYS[1]) end
  return 1
end
local function is_free()
  if not holder then return true end
  local run, try, process = string.match(holder, '^(.*)#(%d+)#(%x*)#%x+$')
  if process and process ~= '' and process == ARGV[6] then return true end
  return run and run ~= '' and run == ARGV[4] and tonumber(try) < tonumber(ARGV[5])
end
if holder == ARGV[1] or (ARGV[2] == 'take' and is_free()) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
  return 1
end
return holder and -redis.call('PTTL', KEYS[1]) or 0
