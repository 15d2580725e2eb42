-- Hand-over match → deliver: queue alerts, each id once, and acknowledge the items in one step.
-- KEYS 1 lease, 2 items stream, 3 alerts, 4 channels
-- ARGV 1 lease token, 2 group, 3 prefix, 4 now (ms), 5 collect (ms), 6 alert retention (s),
--      7 story retention (s), 8 most alerts a message, 9 stream ids (JSON), 10 alerts (JSON)
-- An alert: {id, channel, story, rule, rank, json}.
-- Returns {1, alerts queued} or {0}: the lease is another's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {0} end
local prefix, now, retention = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[6])
local queued = 0

local function members(id)
  local reply = redis.call('HMGET', prefix .. 'message:' .. id, 'state', 'frozen', 'alerts')
  if reply[1] ~= 'queued' or reply[2] then return nil end
  local alerts = cjson.decode(reply[3])
  if #alerts >= tonumber(ARGV[8]) then return nil end
  return alerts
end

local function create(story, alert, kind, root, due)
  local n = redis.call('HINCRBY', story, 'n', 1)
  local id = string.sub(redis.sha1hex(alert.channel .. '\n' .. alert.story .. '\n' .. n), 1, 16)
  redis.call('HSET', prefix .. 'message:' .. id, 'v', '1', 'kind', kind, 'state', 'queued',
    'channel', alert.channel, 'story', alert.story, 'alerts', cjson.encode({alert.id}),
    'root', root, 'created', now, 'due', due, 'attempts', 0)
  redis.call('ZADD', prefix .. 'outbox:' .. alert.channel, due, id)
  redis.call('SADD', KEYS[4], alert.channel)
  return id
end

local function join(id, alerts, alert)
  alerts[#alerts + 1] = alert.id
  redis.call('HSET', prefix .. 'message:' .. id, 'alerts', cjson.encode(alerts))
end

for _, alert in ipairs(cjson.decode(ARGV[10])) do
  local key = prefix .. 'alert:' .. alert.id
  if redis.call('EXISTS', key) == 0 then
    queued = queued + 1
    local story = prefix .. 'story:' .. alert.channel .. ':' .. alert.story
    local known = redis.call('HMGET', story, 'root', 'open', 'rank', 'rule:' .. alert.rule)
    local root, open = known[1], known[2]
    local state = root and redis.call('HGET', prefix .. 'message:' .. root, 'state')
    local id
    if not state or state == 'dead' then
      id = create(story, alert, 'story', '', now)
      redis.call('HSET', story, 'root', id)
      redis.call('HDEL', story, 'open')
    else
      local alerts = members(root)
      id = root
      if not alerts and open then
        alerts = members(open)
        id = open
      end
      if alerts then
        join(id, alerts, alert)
      else
        id = create(story, alert, 'reply', root, now + tonumber(ARGV[5]))
        redis.call('HSET', story, 'open', id)
      end
      -- The channel sees a reply when a graver rule, or one not named yet, matches.
      if id ~= root and (not known[4] or tonumber(known[3] or '0') < alert.rank) then
        redis.call('HSET', prefix .. 'message:' .. id, 'broadcast', 1)
      end
    end
    if tonumber(known[3] or '-1') < alert.rank then redis.call('HSET', story, 'rank', alert.rank) end
    redis.call('HSET', story, 'rule:' .. alert.rule, 1)
    redis.call('EXPIRE', story, ARGV[7])
    redis.call('HSET', key, 'json', alert.json, 'message', id)
    redis.call('EXPIRE', key, retention)
    redis.call('ZADD', KEYS[3], now, alert.id)
  end
end
local ids = cjson.decode(ARGV[9])
if #ids > 0 then redis.call('XACK', KEYS[2], ARGV[2], unpack(ids)) end
return {1, queued}
