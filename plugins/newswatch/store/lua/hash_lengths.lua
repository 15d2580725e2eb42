#!lua flags=no-writes
-- How many fields hashes have. Those without any are left out, because nearly all are.
-- KEYS hashes. Returns number of the hash (from 1), length, …
local found = {}
for number, name in ipairs(KEYS) do
  local length = redis.call('HLEN', name)
  if length > 0 then
    found[#found + 1] = number
    found[#found + 1] = length
  end
end
return found
