#!lua flags=allow-oom
-- Move alerts of a queued message to another channel, in a message of their own; or a notice, which has none.
-- A story's reply follows its story's message if that was moved too, else it becomes that message.
-- ARGV 1 message id, 2 from channel, 3 to channel, 4 now (ms), 5 kept for (s), 6 story retention (s), 7 room taken,
--      8 "1": an operator moves it, so that the receivers of its rules do not count, 9 alerts (JSON)
-- An alert: {id, its record in the new channel (JSON), matched (ms), the id that it would have there}.
-- Returns 1 moved, 0 the message is not queued (any more).
local id, from, to, now, moved = ARGV[1], ARGV[2], ARGV[3], ARGV[4], cjson.decode(ARGV[9])
local name = key.message(id)
local m = {}
local fields = {'state', 'kind', 'story', 'root', 'text', 'alerts', 'lane', 'broadcast'}
for i, value in ipairs(call('HMGET', name, unpack(fields))) do m[fields[i]] = value or nil end
local due = call('ZSCORE', key.outbox(from), id)
if m.state ~= 'queued' or not due then return 0 end

local goes, ids, left = {}, {}, {}
for _, one in ipairs(moved) do goes[one[1]] = true end
for _, alert in ipairs(cjson.decode(m.alerts)) do
  local side = goes[alert] and ids or left
  side[#side + 1] = alert
end

local story = key.story(to, m.story)
local root = call('HGET', story, 'root')
local state = root and call('HGET', key.message(root), 'state')
local lives = state and state ~= 'dead' and state ~= 'withdrawn'
local threaded = m.kind == 'story' or m.kind == 'reply' or (m.root or '') ~= ''
local kind = m.kind
if kind == 'story' or kind == 'reply' then kind = lives and 'reply' or 'story' end
local made = new_id(to, 'move\n' .. id .. '\n' .. now)
create_message({id = made, channel = to, kind = kind, story = m.story, alerts = ids, root = threaded and lives and root or '',
  due = due, text = m.text, size = ARGV[7], lane = m.lane, broadcast = kind == 'reply' and m.broadcast}, now)
if ARGV[8] == '1' then call('HSET', key.message(made), 'moved', 1) end
if m.kind ~= 'ops' then
  if not lives then call('HSET', story, 'root', made) end
  call('HSET', story, 'message:' .. call('HINCRBY', story, 'n', 1), made)
  call('EXPIRE', story, ARGV[6])
end

for _, one in ipairs(moved) do
  local alert, record, matched, there = unpack(one)
  call('HSET', key.alert(alert), 'json', record, 'message', made)
  call('ZREM', key.alerts_of('channel', from), alert)
  call('ZADD', key.alerts_of('channel', to), matched, alert)
  -- The item may come again, as an edit: it is known in the new channel too.
  if there ~= alert and call('EXISTS', key.alert(there)) == 0 then
    call('HSET', key.alert(there), 'json', '', 'message', made)
    call('EXPIRE', key.alert(there), ARGV[5])
  end
end
if #left > 0 then
  call('HSET', name, 'alerts', encode_ids(left))
  return 1
end
local before = call('HMGET', key.story(from, m.story), 'root', 'open')
if before[1] == id then call('HDEL', key.story(from, m.story), 'root') end
if before[2] == id then call('HDEL', key.story(from, m.story), 'open') end
dequeue(from, id)
call('DEL', name)
return 1
