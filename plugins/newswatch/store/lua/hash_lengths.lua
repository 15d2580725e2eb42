#!lua flags=no-writes
-- How many fields hashes have. Those without any are left out, because nearly all are.
-- ARGV 1 how their names begin, 2 how they end, each a JSON list: as one string each, thousands are sent at a tenth of the cost.
-- Returns number of the beginning (from 1), number of the ending, length, …
local endings, found = cjson.decode(ARGV[2]), {}
for number, beginning in ipairs(cjson.decode(ARGV[1])) do
  for at, ending in ipairs(endings) do
    local length = redis.call('HLEN', beginning .. ending)
    if length > 0 then
      found[#found + 1] = number
      found[#found + 1] = at
      found[#found + 1] = length
    end
  end
end
return found
