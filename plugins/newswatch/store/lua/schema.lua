#!lua flags=allow-oom
-- Take the data over, if it is not a newer release's. Works if Redis is out of memory, so that alerts continue.
-- KEYS 1 schema
-- ARGV 1 this release's schema, 2 this release
-- Returns the schema and the release that the data has now.
local stored = tonumber(redis.call('HGET', KEYS[1], 'schema') or '0')
if stored < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'schema', ARGV[1], 'release', ARGV[2]) end
return redis.call('HMGET', KEYS[1], 'schema', 'release')
