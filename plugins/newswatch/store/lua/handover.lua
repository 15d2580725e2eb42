#!lua flags=allow-oom
-- Hand-over match → deliver: queue alerts, each id once, and acknowledge the items in one step.
-- KEYS 1 lease, 2 items stream, 3 alerts, 4 channels, 5 told titles
-- ARGV 1 lease token, 2 group, 3 prefix, 4 now (ms), 5 collect (ms), 6 alert retention (s),
--      7 story retention (s), 8 stream ids (JSON), 9 alerts (JSON), 10 titles (JSON), 11 titles since (ms)
-- An alert: {id, channel, story, feed, rule, severity, rank, json, kind, due, most, heading, surge?, cap?, muted?}
--   kind "each": with its story; "digest": with the others of `story`, due at `due`.
--   surge: {stories, sources, within}: held until so many stories from so many feeds came within (ms).
--   cap: {most, hour, due, digest, heading}: so many messages of a rule in a channel and hour, then a digest.
-- Returns {1, alerts queued} or {0}: the lease is another's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {0} end
local prefix, now, retention = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[6])
local queued = 0
local hits = prefix .. 'hits:' .. math.floor(now / 86400000)

-- The lists that the pages look through when they filter; housekeeping takes what is past its retention.
local function list(facet, value, id)
  redis.call('ZADD', KEYS[3] .. ':' .. facet .. ':' .. value, now, id)
end

-- The alert ids of a message that may still grow, or nil.
local function members(id, most)
  local reply = redis.call('HMGET', prefix .. 'message:' .. id, 'state', 'frozen', 'alerts')
  if reply[1] ~= 'queued' or reply[2] then return nil end
  local alerts = cjson.decode(reply[3])
  if #alerts >= most then return nil end
  return alerts
end

local function create(story, alert, kind, root, due, ids)
  local n = redis.call('HINCRBY', story, 'n', 1)
  -- A digest that overflows goes out in order.
  if kind == 'digest' then due = due + n end
  -- With the time, so that a Redis that came back empty gives no id a second time.
  local name = alert.channel .. '\n' .. alert.story .. '\n' .. n .. '\n' .. ARGV[4]
  local id = string.sub(redis.sha1hex(name), 1, 16)
  redis.call('HSET', prefix .. 'message:' .. id, 'v', '1', 'kind', kind, 'state', 'queued',
    'channel', alert.channel, 'story', alert.story, 'alerts', cjson.encode(ids),
    'root', root, 'created', now, 'due', due, 'attempts', 0, 'text', alert.heading)
  redis.call('ZADD', prefix .. 'outbox:' .. alert.channel, due, id)
  redis.call('SADD', KEYS[4], alert.channel)
  redis.call('HSET', story, 'message:' .. n, id)
  return id
end

local function join(id, alerts, alert)
  alerts[#alerts + 1] = alert.id
  redis.call('HSET', prefix .. 'message:' .. id, 'alerts', cjson.encode(alerts))
end

-- Whether the rule has brought its share of messages to the channel this hour: its alert joins a digest.
local function too_many(alert)
  local cap = alert.cap
  if not cap then return false end
  alert.cap = nil
  local rate = prefix .. 'rate:' .. alert.rule .. ':' .. alert.channel .. ':' .. cap.hour
  local count = redis.call('INCR', rate)
  redis.call('EXPIRE', rate, 7200)
  if count <= cap.most then return false end
  alert.kind, alert.story, alert.due = 'digest', 'cap:' .. alert.rule .. ':' .. cap.hour, cap.due
  alert.heading, alert.most = cap.heading, cap.digest
  return true
end

-- Give an alert its message: the story's own, a reply in its thread, or a digest.
local place
function place(alert)
  local story = prefix .. 'story:' .. alert.channel .. ':' .. alert.story
  local known = redis.call('HMGET', story, 'root', 'open', 'rank', 'rule:' .. alert.rule)
  local root, open = known[1], known[2]
  local state = root and redis.call('HGET', prefix .. 'message:' .. root, 'state')
  local id = root
  local alerts = state and members(root, alert.most)
  local alone = not state or state == 'dead' or alert.kind == 'digest'
  local joinable = not alerts and not alone and open and members(open, alert.most)
  if alerts then
    join(root, alerts, alert)
  elseif not joinable and too_many(alert) then
    return place(alert)
  elseif alone then
    id = create(story, alert, alert.kind == 'each' and 'story' or alert.kind, '', alert.due, {alert.id})
    redis.call('HSET', story, 'root', id)
    redis.call('HDEL', story, 'open')
  else
    if joinable then
      id = open
      join(open, joinable, alert)
    else
      id = create(story, alert, 'reply', root, now + tonumber(ARGV[5]), {alert.id})
      redis.call('HSET', story, 'open', id)
    end
    -- The channel sees a reply when a graver rule, or one not named yet, matches.
    if not known[4] or tonumber(known[3] or '0') < alert.rank then
      redis.call('HSET', prefix .. 'message:' .. id, 'broadcast', 1)
    end
  end
  if tonumber(known[3] or '-1') < alert.rank then redis.call('HSET', story, 'rank', alert.rank) end
  redis.call('HSET', story, 'rule:' .. alert.rule, 1)
  redis.call('EXPIRE', story, ARGV[7])
  return id
end

-- A rule with a threshold: hold the alert until the surge is there, then one message lists it.
local function surge(alert)
  local held = prefix .. 'surge:' .. alert.rule .. ':' .. alert.channel
  local under_way = held .. ':now'
  local within = tonumber(alert.surge.within)
  local group = redis.call('GET', under_way)
  if group then
    redis.call('PEXPIRE', under_way, within)
    alert.story = group
    return place(alert)
  end
  redis.call('ZADD', held, now, alert.id .. '|' .. alert.story .. '|' .. alert.feed)
  redis.call('ZREMRANGEBYSCORE', held, '-inf', now - within)
  redis.call('PEXPIRE', held, within)
  local ids, stories, feeds, story_count, feed_count = {}, {}, {}, 0, 0
  for _, member in ipairs(redis.call('ZRANGE', held, 0, -1)) do
    local id, story, feed = string.match(member, '^([^|]*)|([^|]*)|(.*)$')
    ids[#ids + 1] = id
    if not stories[story] then stories[story] = true; story_count = story_count + 1 end
    if not feeds[feed] then feeds[feed] = true; feed_count = feed_count + 1 end
  end
  list('state', 'held', alert.id)
  if story_count < alert.surge.stories or feed_count < alert.surge.sources then return '' end
  redis.call('DEL', held)
  redis.call('ZREM', KEYS[3] .. ':state:held', unpack(ids))
  alert.story = 'surge:' .. alert.rule .. ':' .. now
  redis.call('SET', under_way, alert.story, 'PX', within)
  local story = prefix .. 'story:' .. alert.channel .. ':' .. alert.story
  local kind = alert.kind == 'each' and 'surge' or alert.kind
  local id = create(story, alert, kind, '', alert.due, ids)
  redis.call('HSET', story, 'root', id, 'rank', alert.rank, 'rule:' .. alert.rule, 1)
  redis.call('EXPIRE', story, ARGV[7])
  for _, other in ipairs(ids) do redis.call('HSET', prefix .. 'alert:' .. other, 'message', id) end
  return id
end

for _, alert in ipairs(cjson.decode(ARGV[9])) do
  local key = prefix .. 'alert:' .. alert.id
  if redis.call('EXISTS', key) == 0 then
    queued = queued + 1
    redis.call('HSET', key, 'json', alert.json, 'message', '')
    redis.call('EXPIRE', key, retention)
    redis.call('ZADD', KEYS[3], now, alert.id)
    list('rule', alert.rule, alert.id)
    list('feed', alert.feed, alert.id)
    list('channel', alert.channel, alert.id)
    list('severity', alert.severity, alert.id)
    redis.call('HINCRBY', hits, alert.rule, 1)
    redis.call('EXPIRE', hits, retention)
    redis.call('HSET', prefix .. 'hits:last', alert.rule, now)
    redis.call('EXPIRE', prefix .. 'hits:last', retention)
    if alert.muted then
      redis.call('HSET', key, 'muted', alert.muted)
      list('state', 'muted', alert.id)
      redis.call('HINCRBY', prefix .. 'mutes:count', alert.muted, 1)
    else
      redis.call('HSET', prefix .. 'channel:' .. alert.channel, 'last_alert', now)
      redis.call('HSET', key, 'message', alert.surge and surge(alert) or place(alert))
    end
  end
end
for _, title in ipairs(cjson.decode(ARGV[10])) do
  redis.call('ZADD', KEYS[5], now, title)
end
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', ARGV[11])
local ids = cjson.decode(ARGV[8])
if #ids > 0 then redis.call('XACK', KEYS[2], ARGV[2], unpack(ids)) end
return {1, queued}
