#!lua flags=allow-oom
-- Record that the owner of the configuration files was seen, or that this copy of the same files replaces it. Works if
-- Redis is out of memory, because matching and delivery check the files first.
-- KEYS 1 configuration
-- ARGV 1 owner and 2 fingerprint it was decided on, 3 owner, 4 now (ms)
-- Returns 1, or 0 when another copy was put in force meanwhile: nothing was done.
local owner, files = unpack(redis.call('HMGET', KEYS[1], 'owner', 'files'))
if (owner or '') ~= ARGV[1] or (files or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'owner', ARGV[3], 'owner_seen', ARGV[4])
return 1
