#!lua flags=allow-oom
-- Record what is in a channel's history already, so that it is not sent again after Redis lost data.
-- KEYS 1 epoch
-- ARGV 1 channel, 2 now (ms), 3 retention (s), 4 the server's run, 5 posts (JSON)
-- A post: {id, ts, alerts}.
-- Returns {alerts that Redis did not know, messages found sent}.
local channel, now, retention = ARGV[1], ARGV[2], ARGV[3]
local unknown, found = 0, 0
local posts, posted = {}, {}
for _, post in ipairs(cjson.decode(ARGV[5])) do
  posts[post.id] = post
  for _, alert in ipairs(post.alerts) do
    posted[alert] = true
    local message = call('HGET', key.alert(alert), 'message')
    if not message then
      -- An alert without its text: it keeps the item from alerting again.
      call('HSET', key.alert(alert), 'json', '', 'message', post.id)
      call('EXPIRE', key.alert(alert), retention)
      unknown = unknown + 1
    elseif message == '' then
      -- Redis had it as held by a threshold, but its surge was posted.
      call('HSET', key.alert(alert), 'message', post.id)
    end
  end
end

for _, id in ipairs(call('ZRANGE', key.outbox(channel), 0, -1)) do
  local name = key.message(id)
  local row = call('HMGET', name, 'state', 'alerts', 'kind', 'story', 'root', 'size')
  if row[1] == 'queued' and row[3] ~= 'ops' then
    local alerts, left = cjson.decode(row[2]), {}
    for _, alert in ipairs(alerts) do
      if not posted[alert] then left[#left + 1] = alert end
    end
    if posts[id] then
      call('HSET', name, 'state', 'sent', 'ts', posts[id].ts, 'sent', now, 'alerts', encode_ids(posts[id].alerts))
      call('EXPIRE', name, retention)
      dequeue(channel, id)
      found = found + 1
      if #left > 0 then
        local more = new_id(channel, id .. '\n' .. now)
        local root = row[5] ~= '' and row[5] or id
        create_message({id = more, kind = 'reply', channel = channel, story = row[4], alerts = left, root = root,
          due = now, size = row[6]}, now)
        for _, alert in ipairs(left) do call('HSET', key.alert(alert), 'message', more) end
      end
    elseif #left == 0 and #alerts > 0 then
      call('DEL', name)
      dequeue(channel, id)
      found = found + 1
    elseif #left < #alerts then
      call('HSET', name, 'alerts', encode_ids(left))
    end
  end
end
if call('EXISTS', key.outbox(channel)) == 0 then call('SREM', key.CHANNELS, channel) end
call('HSET', KEYS[1], channel, ARGV[4])
return {unknown, found}
