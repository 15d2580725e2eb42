#!lua flags=no-writes
-- Some fields of many hashes in one answer, because a thousand answers cost the client far more.
-- KEYS hashes; ARGV names of fields. Returns for each hash a list of values, none for a field that it does not have.
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('HMGET', key, unpack(ARGV))
end
return found
