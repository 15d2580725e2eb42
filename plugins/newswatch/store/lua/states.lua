#!lua flags=no-writes
-- The states of many feeds in one answer, because a thousand answers cost the client far more.
-- KEYS feed states. Returns for each a list of field, value, …
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('HGETALL', key)
end
return found
