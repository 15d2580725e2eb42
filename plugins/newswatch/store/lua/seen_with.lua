#!lua flags=no-writes
-- Which feeds have shown something with these bytes in its record.
-- KEYS seen records of the feeds; ARGV 1 the bytes
-- Returns the numbers of the feeds, from 1.
local found = {}
for number, key in ipairs(KEYS) do
  local records = redis.call('GET', key)
  if records and string.find(records, ARGV[1], 1, true) then
    found[#found + 1] = number
  end
end
return found
