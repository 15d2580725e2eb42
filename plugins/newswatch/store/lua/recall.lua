#!lua flags=allow-oom
-- Record what is in a channel's history already, so that it is not sent again after Redis lost data: one page of it.
-- KEYS 1 epoch, 2 recalls
-- ARGV 1 channel, 2 now (ms), 3 retention (s), 4 posts (JSON), 5 where to continue (JSON), or "" after the last page,
--      6 the server's run
-- A post: {id, ts, alerts?}; without alerts it does not say which ones it holds.
-- Returns {alerts that Redis did not know, messages found sent, {ts of posts that nothing is known of}}.
local channel, now, retention = ARGV[1], ARGV[2], ARGV[3]
local unknown, found = 0, 0
local posts, posted, undecided = {}, {}, {}

-- A record that cannot be read must not stop the stage; it becomes a dead letter when its turn comes.
local function alerts_of(text)
  local good, alerts = pcall(cjson.decode, text or '')
  return good and type(alerts) == 'table' and alerts or nil
end

for _, post in ipairs(cjson.decode(ARGV[4])) do
  posts[post.id] = post
  if not post.alerts and call('EXISTS', key.message(post.id)) == 0 then undecided[#undecided + 1] = post.ts end
  for _, alert in ipairs(post.alerts or {}) do
    posted[alert] = true
    if call('HDEL', key.alert(alert), 'withdrawn') == 1 then
      -- It was posted, and Redis lost that: it must not return from the withdrawn ones.
      call('ZREM', key.WITHDRAWN, alert)
      call('ZREM', key.alerts_of('state', 'withdrawn'), alert)
    end
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

for _, id in ipairs(next(posts) and call('ZRANGE', key.outbox(channel), 0, -1) or {}) do
  local name = key.message(id)
  local row = call('HMGET', name, 'state', 'alerts', 'kind', 'story', 'root', 'size')
  local alerts = alerts_of(row[2])
  if row[1] == 'queued' and row[3] ~= 'ops' and alerts then
    local left = {}
    for _, alert in ipairs(alerts) do
      if not posted[alert] then left[#left + 1] = alert end
    end
    if posts[id] then
      local held = posts[id].alerts
      if not held then held, left = alerts, {} end
      call('HSET', name, 'state', 'sent', 'ts', posts[id].ts, 'sent', now, 'alerts', encode_ids(held))
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
if ARGV[5] == '' then
  call('HSET', KEYS[1], channel, ARGV[6])
  call('HDEL', KEYS[2], channel)
else
  call('HSET', KEYS[2], channel, ARGV[5])
end
return {unknown, found, undecided}
