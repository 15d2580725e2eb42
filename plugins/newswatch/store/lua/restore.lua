#!lua flags=allow-oom
-- Remove everything, and put what was written beside it in its place.
-- KEYS 1 lease, 2 what is written last
-- ARGV 1 lease token, 2 and 3 what matches every key and those written beside, 4 and 5 how these begin
-- Returns 0 if the lease is another's, else 1. Run again, it finds nothing to do.
if call('EXISTS', KEYS[2]) == 0 then return 1 end
if call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
-- If the user may not do this, that is noticed while nothing is changed.
call('RENAME', KEYS[2], KEYS[2])
local function each(pattern, work)
  local cursor = '0'
  repeat
    local reply = call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1000)
    for _, name in ipairs(reply[2]) do work(name) end
    cursor = reply[1]
  until cursor == '0'
end
each(ARGV[2], function(name)
  if name ~= KEYS[1] and string.sub(name, 1, #ARGV[5]) ~= ARGV[5] then call('UNLINK', name) end
end)
each(ARGV[3], function(name)
  -- SCAN may name a key twice: then there is none the second time.
  redis.pcall('RENAME', name, ARGV[4] .. string.sub(name, #ARGV[5] + 1))
end)
return 1
