#!lua flags=no-writes
-- Read entries of the items stream by their ids.
-- KEYS 1 items; ARGV the ids
-- Returns the JSON of each, '' for one that is gone.
local found = {}
for number, id in ipairs(ARGV) do
  local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
  found[number] = ''
  if entry then
    for at = 1, #entry[2], 2 do
      if entry[2][at] == 'item' then
        found[number] = entry[2][at + 1]
      end
    end
  end
end
return found
