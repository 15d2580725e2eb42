#!lua flags=allow-oom
-- Hand-over match → deliver: store where alerts go, and acknowledge their items, in one step.
-- `pipeline/match/placement.py` decides. The script only checks that the situation is still the one it decided on.
-- KEYS 1 lease
-- ARGV 1 lease token, 2 now (ms), 3 alert retention (s), 4 story retention (s), 5 the plan (JSON),
--      6 stream ids (JSON), 7 titles (JSON), 8 titles since (ms), 9… the plan's new alerts (JSON each)
-- The plan's rows are written by `store/handover.py`.
-- Returns 1 taken, 0 the lease is another's, -1 something changed: read and decide again.
if call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local now, retention, plan = tonumber(ARGV[2]), ARGV[3], cjson.decode(ARGV[5])

for _, alert in ipairs(plan.alerts) do
  if call('EXISTS', key.alert(alert.id)) == 1 then return -1 end
end
for id, was in pairs(plan.snapshot) do
  if snapshot(id) ~= was then return -1 end
end
for _, story in ipairs(plan.stories) do
  local was = call('HMGET', key.story(story.channel, story.story), 'root', 'open')
  if (was[1] or '') ~= story.was[1] or (was[2] or '') ~= story.was[2] then return -1 end
end

-- The alerts, and the lists that the pages use as filters.
local lists, hits, alerted, no_longer_held = {}, {}, {}, {}
local function list(name, id)
  local entries = lists[name] or {}
  lists[name] = entries
  entries[#entries + 1] = now
  entries[#entries + 1] = id
end
for i, alert in ipairs(plan.alerts) do
  local name, id = key.alert(alert.id), alert.id
  if alert.muted then
    call('HSET', name, 'json', ARGV[8 + i], 'message', '', 'muted', alert.muted)
    call('HINCRBY', key.MUTES_COUNT, alert.muted, 1)
    list(key.alerts_of('state', 'muted'), id)
  else
    call('HSET', name, 'json', ARGV[8 + i], 'message', alert.message)
    if alert.message == '' then list(key.alerts_of('state', 'held'), id) end
    alerted[alert.channel] = true
  end
  call('EXPIRE', name, retention)
  list(key.ALERTS, id)
  list(key.alerts_of('rule', alert.rule), id)
  list(key.alerts_of('feed', alert.feed), id)
  list(key.alerts_of('channel', alert.channel), id)
  list(key.alerts_of('severity', alert.severity), id)
  hits[alert.rule] = (hits[alert.rule] or 0) + 1
  local alerted_item = key.alerted(alert.item)
  call('HSET', alerted_item, 'alert:' .. id, '')
  call('EXPIRE', alerted_item, ARGV[4])
  local story = key.story(alert.channel, alert.story)
  call('HSET', story, 'alert:' .. id, now)
  call('EXPIRE', story, ARGV[4])
end
for name, entries in pairs(lists) do call_all('ZADD', name, entries) end
if #plan.alerts > 0 then
  local today = key.hits(math.floor(now / 86400000))
  for rule, count in pairs(hits) do
    call('HINCRBY', today, rule, count)
    call('HSET', key.HITS_LAST, rule, now)
  end
  call('EXPIRE', today, retention)
  call('EXPIRE', key.HITS_LAST, retention)
end
for channel in pairs(alerted) do call('HSET', key.channel(channel), 'last_alert', now) end

-- Alerts that were held, and now have a message.
for _, moved in ipairs(plan.moved) do
  call('HSET', key.alert(moved[1]), 'message', moved[2])
  no_longer_held[#no_longer_held + 1] = moved[1]
end
call_all('ZREM', key.alerts_of('state', 'held'), no_longer_held)

-- The messages and their stories.
for _, message in ipairs(plan.created) do create_message(message, now) end
for _, message in ipairs(plan.grown) do
  call('HSET', key.message(message.id), 'alerts', encode_ids(message.alerts), 'size', message.size)
  if message.broadcast then call('HSET', key.message(message.id), 'broadcast', 1) end
  if message.lane == 'first' then go_first(message.channel, message.id) end
end
for _, story in ipairs(plan.stories) do
  local name = key.story(story.channel, story.story)
  call_all('HSET', name, story.set)
  if story.closed then call('HDEL', name, 'open') end
  call('EXPIRE', name, ARGV[4])
end
for _, rate in ipairs(plan.rates) do
  local name = key.rate(rate[1], rate[2], rate[3])
  call('INCRBY', name, rate[4])
  call('EXPIRE', name, 7200)
end
for channel, by in pairs(plan.sequences) do call('HINCRBY', key.channel(channel), 'seq', by) end

-- Surges: held alerts; surges that begin; surges that last; alerts that were put into messages.
for _, hold in ipairs(plan.held) do
  local names = {key.surge(hold.rule, hold.channel), key.surge_stories(hold.rule, hold.channel),
    key.surge_sources(hold.rule, hold.channel)}
  call('ZADD', names[1], now, hold.member)
  call('ZADD', names[2], now, hold.story)
  call('ZADD', names[3], now, hold.source)
  for _, name in ipairs(names) do
    call('ZREMRANGEBYSCORE', name, '-inf', now - hold.within)
    call('PEXPIRE', name, hold.within)
  end
end
for _, surge in ipairs(plan.begun) do
  local held, release = key.surge(surge.rule, surge.channel), key.release(surge.channel, surge.story)
  call('RENAME', held, release)
  call('PERSIST', release)
  call('UNLINK', key.surge_stories(surge.rule, surge.channel), key.surge_sources(surge.rule, surge.channel))
  call('HSET', key.RELEASES, surge.channel .. '|' .. surge.story, surge.release)
  call('SET', key.surge_now(surge.rule, surge.channel), surge.story, 'PX', surge.within)
end
for _, surge in ipairs(plan.going_on) do
  call('PEXPIRE', key.surge_now(surge.rule, surge.channel), surge.within)
end
for _, join in ipairs(plan.joined) do call('ZADD', key.release(join.channel, join.story), now, join.member) end
for _, release in ipairs(plan.released) do
  local name = key.release(release.channel, release.story)
  call_all('ZREM', name, release.members)
  if call('EXISTS', name) == 0 then call('HDEL', key.RELEASES, release.channel .. '|' .. release.story) end
end

-- Edits of items that alerted before: alerts that were not begun show them, the threads of the others say so.
for _, refreshed in ipairs(plan.refreshed) do
  if call('EXISTS', key.alert(refreshed[1])) == 1 then call('HSET', key.alert(refreshed[1]), 'json', refreshed[2]) end
end
for _, correction in ipairs(plan.corrections) do correct(correction, now) end
for _, said in ipairs(plan.said) do
  if call('EXISTS', key.alerted(said[1])) == 1 then call('HSET', key.alerted(said[1]), said[2], said[3]) end
end

-- Links that are read again; `store/rechecks.py` says what is stored.
for _, recheck in ipairs(plan.rechecks) do
  local name = key.recheck(recheck.item)
  if call('EXISTS', name) == 0 then
    call('HSET', name, 'feed', recheck.feed, 'link', recheck.link, 'title', recheck.title, 'since', now,
      'text', recheck.text, 'read', 0, 'step', 0, 'tries', 0)
    call('EXPIRE', name, 3 * 86400)
    call('ZADD', key.RECHECKS, now + recheck.first, recheck.item)
  end
end

local titles = {}
for i, title in ipairs(cjson.decode(ARGV[7])) do titles[2 * i - 1], titles[2 * i] = now, title end
call_all('ZADD', key.TITLES, titles)
call('ZREMRANGEBYSCORE', key.TITLES, '-inf', ARGV[8])
call_all('XACK', key.ITEMS, cjson.decode(ARGV[6]), key.ITEMS_GROUP)
return 1
