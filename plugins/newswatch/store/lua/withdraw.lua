#!lua flags=allow-oom
-- Take alerts out of a queued message, because they are no longer to be sent. `pipeline/deliver/judgement.py` decides.
-- A message without any other alert is withdrawn as a whole. The alerts are kept, and can return.
-- ARGV 1 message id, 2 channel, 3 now (ms), 4 retention (s), 5 kept for a return since (ms), 6 alerts (JSON),
--      7 the reason for the message as a whole
-- An alert: {id, reason, matched (ms), returns (1 or 0), name of the mute or ""}.
-- Returns how many alerts the message has left, or -1 if it is not queued (any more).
local id, channel, now, gone = ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[6])
local name = key.message(id)
local state, alerts = unpack(call('HMGET', name, 'state', 'alerts'))
if state ~= 'queued' then return -1 end

local reasons, left = {}, {}
for _, one in ipairs(gone) do reasons[one[1]] = one end
for _, alert in ipairs(cjson.decode(alerts)) do
  if not reasons[alert] then left[#left + 1] = alert end
end
for _, one in ipairs(gone) do
  local alert, reason, matched, returns, mute = unpack(one)
  call('HSET', key.alert(alert), 'withdrawn', reason)
  call('ZADD', key.alerts_of('state', 'withdrawn'), matched, alert)
  if returns == 1 then call('ZADD', key.WITHDRAWN, now, alert) end
  if call('HEXISTS', key.MUTES_COUNT, mute) == 1 then call('HINCRBY', key.MUTES_COUNT, mute, 1) end
end
call('ZREMRANGEBYSCORE', key.WITHDRAWN, '-inf', ARGV[5])
if #left > 0 then
  call('HSET', name, 'alerts', encode_ids(left))
  return #left
end
call('HSET', name, 'state', 'withdrawn', 'error', ARGV[7])
call('EXPIRE', name, ARGV[4])
dequeue(channel, id)
return 0
