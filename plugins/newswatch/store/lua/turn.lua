#!lua flags=allow-oom
-- Take a turn for a request to a method with a limit, if it is free now: so many a minute, and a few of them at once.
-- All processes share the limit. It works if Redis is out of memory, so that queued messages can be sent.
-- KEYS 1 turns
-- ARGV 1 method, 2 now (ms), 3 ms between two turns, 4 how many at once
-- Returns 0 if it was taken, else the ms to wait.
local now, gap, burst = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local free, paused = unpack(redis.call('HMGET', KEYS[1], ARGV[1], ARGV[1] .. ':until'))
paused = tonumber(paused or '0')
-- A pause of more than an hour was noted by a clock that was wrong.
if paused > now and paused - now <= 3600000 then return paused - now end
free = tonumber(free or '0')
if free < now or free > now + gap * (burst + 1) then free = now end
local wait = free - now - gap * (burst - 1)
if wait > 0 then return math.ceil(wait) end
redis.call('HSET', KEYS[1], ARGV[1], free + gap)
return 0
