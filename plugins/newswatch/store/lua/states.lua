#!lua flags=no-writes
-- All fields of many hashes (the states of feeds, messages) in one answer, because a thousand answers cost the client far more.
-- KEYS hashes. Returns for each a list of field, value, …
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('HGETALL', key)
end
return found
