#!lua flags=allow-oom
-- Put what waited too long into one message and the lists in its thread. `pipeline/deliver/backlog.py` decides which.
-- Later reports of the stories begin again with a message of their own: a reader would not see them in that thread.
-- ARGV 1 channel, 2 now (ms), 3 due (ms), 4 retention of its story (s), 5 text, 6 text of the lists in the thread,
--      7 root whose thread is continued or "", 8 old messages (JSON), 9 lists (JSON), 10 "1": an operator moved them here
-- An old message: {id, story, number of its alerts}. A list: {alerts, room taken}; the first is the root's, if there is none yet.
-- Returns the root's id, or nil if an old message was begun or grew meanwhile: decide again.
local channel, now, root = ARGV[1], ARGV[2], ARGV[7]
local old, lists = cjson.decode(ARGV[8]), cjson.decode(ARGV[9])
for _, one in ipairs(old) do
  local row = call('HMGET', key.message(one[1]), 'state', 'frozen', 'alerts')
  if row[1] ~= 'queued' or row[2] or #cjson.decode(row[3]) ~= one[3] then return nil end
end
local name = root ~= '' and call('HGET', key.message(root), 'story') or 'catch-up:' .. now
for number, list in ipairs(lists) do
  local begins = root == ''
  local id = new_id(channel, name .. '\n' .. number .. '\n' .. old[1][1])
  create_message({id = id, kind = 'catch-up', channel = channel, story = name, alerts = list[1], root = root,
    due = begins and ARGV[3] or now, text = begins and ARGV[5] or ARGV[6], size = list[2],
    lane = not begins and 'last' or nil}, now)
  if ARGV[10] == '1' then call('HSET', key.message(id), 'moved', 1) end
  for _, alert in ipairs(list[1]) do call('HSET', key.alert(alert), 'message', id) end
  if begins then
    root = id
    call('HSET', key.story(channel, name), 'root', id)
    call('EXPIRE', key.story(channel, name), ARGV[4])
    call('HSET', key.channel(channel), 'catch_up', id)
  end
end
for _, one in ipairs(old) do
  local story = key.story(channel, one[2])
  local row = call('HMGET', story, 'root', 'open')
  if row[1] == one[1] then call('HDEL', story, 'root') end
  if row[2] == one[1] then call('HDEL', story, 'open') end
  dequeue(channel, one[1])
  call('DEL', key.message(one[1]))
end
return root
