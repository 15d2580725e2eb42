#!lua flags=allow-oom
-- Queue alerts again that were withdrawn from a message, because their rule or their route is back.
-- If the whole message was withdrawn it is queued again; otherwise they get a message of their own.
-- ARGV 1 message id, 2 channel, 3 story, 4 now (ms), 5 the message's room taken, 6 alerts (JSON)
-- Returns how many alerts were queued.
local id, channel, story, now = ARGV[1], ARGV[2], key.story(ARGV[2], ARGV[3]), ARGV[4]
local alerts = {}
for _, alert in ipairs(cjson.decode(ARGV[6])) do
  if call('HDEL', key.alert(alert), 'withdrawn') == 1 then alerts[#alerts + 1] = alert end
  call('ZREM', key.WITHDRAWN, alert)
  call('ZREM', key.alerts_of('state', 'withdrawn'), alert)
end
if #alerts == 0 then return 0 end

local name = key.message(id)
local state, kind, root, heading = unpack(call('HMGET', name, 'state', 'kind', 'root', 'text'))
local listed = kind and kind ~= 'story' and kind ~= 'reply'
local function lives(message)
  local now_is = message and call('HGET', key.message(message), 'state')
  return now_is and now_is ~= 'dead' and now_is ~= 'withdrawn'
end
local current = call('HGET', story, 'root')

if state == 'withdrawn' then
  call('HSET', name, 'state', 'queued', 'alerts', encode_ids(alerts), 'due', now, 'error', '', 'size', ARGV[5])
  call('PERSIST', name)
  if kind == 'story' and current ~= id and lives(current) then
    call('HSET', name, 'kind', 'reply', 'root', current)
  elseif kind == 'story' and current then
    call('HSET', story, 'root', id)
  end
  enqueue(channel, id, now)
  return #alerts
end

local parent = ''
if not listed then
  for _, one in ipairs({root, id, current}) do
    if parent == '' and one ~= '' and lives(one) then parent = one end
  end
end
local made = new_id(channel, 'again\n' .. id .. '\n' .. now)
create_message({id = made, kind = listed and 'digest' or parent == '' and 'story' or 'reply', channel = channel,
  story = ARGV[3], alerts = alerts, root = parent, due = now, text = heading or '', size = ARGV[5]}, now)
if parent == '' and not listed and call('EXISTS', story) == 1 then call('HSET', story, 'root', made) end
for _, alert in ipairs(alerts) do call('HSET', key.alert(alert), 'message', made) end
return #alerts
