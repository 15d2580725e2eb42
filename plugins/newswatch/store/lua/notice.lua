#!lua flags=allow-oom
-- A notice to ops, by its cause: one when it begins, one every few hours, one when it is over.
-- KEYS 1 notice, 2 active causes
-- ARGV 1 cause, 2 "on", "off" or "once" (an event without an end), 3 text, 4 now (ms),
--      5 repeat after (ms), 6 ops channel or ""
-- Returns the id of the message queued, "" when a notice is due but there is no ops channel,
-- or nil when nothing is due.
local since, last, count = unpack(call('HMGET', KEYS[1], 'since', 'last', 'count'))
local now = tonumber(ARGV[4])
if last and tonumber(last) > now + 60000 then  -- the time went back
  last = ARGV[2] == 'on' and since and now or nil  -- what lasts was reported, and is repeated
  if last then call('HSET', KEYS[1], 'last', last) end
end
if ARGV[2] == 'on' then
  call('HSET', KEYS[1], 'text', ARGV[3], 'seen', now)
  call('PERSIST', KEYS[1])
  call('SADD', KEYS[2], ARGV[1])
  if not since then call('HSET', KEYS[1], 'since', now) end
  if last and now - tonumber(last) < tonumber(ARGV[5]) then return nil end
  call('HSET', KEYS[1], 'last', now)
elseif ARGV[2] == 'once' then
  if last and now - tonumber(last) < tonumber(ARGV[5]) then return nil end
  call('HSET', KEYS[1], 'text', ARGV[3], 'seen', now, 'last', now)
  call('EXPIRE', KEYS[1], 86400)
else
  if not since then return nil end
  call('SREM', KEYS[2], ARGV[1])
  call('HDEL', KEYS[1], 'since', 'last')
  call('EXPIRE', KEYS[1], 86400)
end
count = call('HINCRBY', KEYS[1], 'count', 1)
if ARGV[6] == '' then return '' end
local id = new_id(ARGV[6], 'ops\n' .. ARGV[1] .. '\n' .. count .. '\n' .. now)
create_message({id = id, kind = 'ops', channel = ARGV[6], story = 'ops:' .. ARGV[1], alerts = {}, due = now,
  text = ARGV[3]}, now)
return id
