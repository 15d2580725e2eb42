#!lua flags=no-writes
-- The values of hashes of numbers added up by field, as one string. So thousands of fields cross the connection once, not
-- once for each hash.
-- KEYS the hashes. Returns JSON: [field, total, …]
local totals, found = {}, {}
for _, name in ipairs(KEYS) do
  local row = redis.call('HGETALL', name)
  for at = 1, #row, 2 do
    totals[row[at]] = (totals[row[at]] or 0) + tonumber(row[at + 1])
  end
end
for field, total in pairs(totals) do
  found[#found + 1] = field
  found[#found + 1] = total
end
return encode_ids(found)
