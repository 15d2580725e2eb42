#!lua flags=allow-oom
-- What stands in a channel's history already is not sent again: after Redis came back empty, or older.
-- KEYS 1 the channel's outbox, 2 channels, 3 epoch
-- ARGV 1 prefix, 2 channel, 3 now (ms), 4 retention (s), 5 the server's run, 6 posts (JSON)
-- A post: {id, ts, alerts}.
-- Returns {alerts that Redis did not know, messages found sent}.
local prefix, channel, now, retention = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local unknown, found = 0, 0
local posts, posted = {}, {}
for _, post in ipairs(cjson.decode(ARGV[6])) do
  posts[post.id] = post
  for _, alert in ipairs(post.alerts) do
    posted[alert] = true
    -- An alert without its text: it keeps the item from alerting again.
    if redis.call('EXISTS', prefix .. 'alert:' .. alert) == 0 then
      redis.call('HSET', prefix .. 'alert:' .. alert, 'json', '', 'message', post.id)
      redis.call('EXPIRE', prefix .. 'alert:' .. alert, retention)
      unknown = unknown + 1
    end
  end
end

local function enqueue(id, kind, story, root, alerts)
  redis.call('HSET', prefix .. 'message:' .. id, 'v', '1', 'kind', kind, 'state', 'queued',
    'channel', channel, 'story', story, 'alerts', cjson.encode(alerts), 'root', root, 'created', now,
    'due', now, 'attempts', 0, 'text', '')
  redis.call('ZADD', KEYS[1], now, id)
  for _, alert in ipairs(alerts) do redis.call('HSET', prefix .. 'alert:' .. alert, 'message', id) end
end

for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local key = prefix .. 'message:' .. id
  local state, json, kind, story = unpack(redis.call('HMGET', key, 'state', 'alerts', 'kind', 'story'))
  if state == 'queued' and kind ~= 'ops' then
    local alerts, left = cjson.decode(json), {}
    for _, alert in ipairs(alerts) do
      if not posted[alert] then left[#left + 1] = alert end
    end
    if posts[id] then
      redis.call('HSET', key, 'state', 'sent', 'ts', posts[id].ts, 'sent', now,
        'alerts', cjson.encode(posts[id].alerts))
      redis.call('EXPIRE', key, retention)
      redis.call('ZREM', KEYS[1], id)
      found = found + 1
      if #left > 0 then
        local more = string.sub(redis.sha1hex(id .. '\n' .. now), 1, 16)
        enqueue(more, 'reply', story, redis.call('HGET', key, 'root') ~= '' and redis.call('HGET', key, 'root') or id, left)
      end
    elseif #left == 0 and #alerts > 0 then
      redis.call('DEL', key)
      redis.call('ZREM', KEYS[1], id)
      found = found + 1
    elseif #left < #alerts then
      redis.call('HSET', key, 'alerts', cjson.encode(left))
    end
  end
end
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], channel) end
redis.call('HSET', KEYS[3], channel, ARGV[5])
return {unknown, found}
