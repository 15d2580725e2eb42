#!lua flags=allow-oom
-- The link of an alert was read again: store what that showed, and say in the threads what changed, in one step.
-- KEYS 1 lease
-- ARGV 1 lease token, 2 item id, 3 stamp, 4 next due (ms) or "" for the last reading, 5 now (ms), 6 fields (JSON),
--      7 corrections (JSON), 8 said (JSON): about what, the text
-- Returns 1, 0 another process settled it meanwhile, -1 the lease is another's.
if call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local item, name = ARGV[2], key.recheck(ARGV[2])
if (call('HGET', name, 'tries') or '') ~= ARGV[3] then return 0 end
if ARGV[4] == '' or call('EXISTS', name) == 0 then
  call('DEL', name)
  call('ZREM', key.RECHECKS, item)
else
  call_all('HSET', name, cjson.decode(ARGV[6]))
  call('HINCRBY', name, 'tries', 1)
  call('ZADD', key.RECHECKS, ARGV[4], item)
end
for _, correction in ipairs(cjson.decode(ARGV[7])) do correct(correction, ARGV[5]) end
for _, said in ipairs(cjson.decode(ARGV[8])) do
  if call('EXISTS', key.alerted(item)) == 1 then call('HSET', key.alerted(item), said[1], said[2]) end
end
return 1
