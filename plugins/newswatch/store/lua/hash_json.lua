#!lua flags=no-writes
-- A hash with thousands of short fields as one string, which the client reads ten times as fast as a list.
-- KEYS 1 the hash. Returns JSON: [field, value, …]
return encode_ids(redis.call('HGETALL', KEYS[1]))
