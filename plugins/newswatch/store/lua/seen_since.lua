#!lua flags=no-writes
-- When the first of many feeds was first read.
-- KEYS feed states
-- Returns it in ms since 1970, '' if none was read.
local first = ''
for _, key in ipairs(KEYS) do
  local since = redis.call('HGET', key, 'seen_since_ms')
  if since and since ~= '0' and (first == '' or tonumber(since) < tonumber(first)) then
    first = since
  end
end
return first
