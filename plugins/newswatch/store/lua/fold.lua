#!lua flags=allow-oom
-- Put queued messages into a digest, because the workspace accepts few messages for now. `pipeline/deliver/folding.py` decides which.
-- Messages that were begun stay as they are, since Slack may have them.
-- ARGV 1 channel, 2 now (ms), 3 due (ms), 4 heading, 5 the digest's room taken, 6 messages (JSON)
-- A message: {id, story, number of its alerts}.
-- Returns 1 folded, -1 one of them was begun or grew meanwhile: decide again.
local channel, now, old = ARGV[1], ARGV[2], cjson.decode(ARGV[6])
local alerts, moved = {}, false
for _, one in ipairs(old) do
  local row = call('HMGET', key.message(one[1]), 'state', 'frozen', 'alerts', 'moved')
  moved = moved or row[4]
  if row[1] ~= 'queued' or row[2] then return -1 end
  local own = cjson.decode(row[3])
  if #own ~= one[3] then return -1 end
  for _, alert in ipairs(own) do alerts[#alerts + 1] = alert end
end
local id = new_id(channel, 'fold\n' .. channel .. '\n' .. now .. '\n' .. old[1][1])
create_message({id = id, kind = 'digest', channel = channel, story = 'fold:' .. now, alerts = alerts,
  due = ARGV[3], text = ARGV[4], size = ARGV[5]}, now)
if moved then call('HSET', key.message(id), 'moved', 1) end
for _, alert in ipairs(alerts) do call('HSET', key.alert(alert), 'message', id) end
for _, one in ipairs(old) do
  local name = key.story(channel, one[2])
  local row = call('HMGET', name, 'root', 'open')
  if row[1] == one[1] then call('HSET', name, 'root', id) end
  if row[2] == one[1] then call('HDEL', name, 'open') end
  call('DEL', key.message(one[1]))
  dequeue(channel, one[1])
end
return 1
