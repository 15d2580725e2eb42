#!lua flags=allow-oom
-- A channel's backlog becomes digests: the workspace takes few messages for now.
-- Messages that were begun stay as they are, since Slack may have them.
-- KEYS 1 the channel's outbox
-- ARGV 1 prefix, 2 channel, 3 now (ms), 4 due (ms), 5 alerts a digest at most, 6 heading
-- Returns how many messages were folded.
local prefix, channel, now, due, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local old, alerts = {}, {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local row = redis.call('HMGET', prefix .. 'message:' .. id, 'state', 'frozen', 'kind', 'alerts', 'story')
  if row[1] == 'queued' and not row[2] and (row[3] == 'story' or row[3] == 'reply') then
    old[#old + 1] = {id = id, story = row[5]}
    for _, alert in ipairs(cjson.decode(row[4])) do alerts[#alerts + 1] = {id = alert, old = #old} end
  end
end
if #old < 2 then return 0 end

local function story_of(one) return prefix .. 'story:' .. channel .. ':' .. one.story end

for first = 1, #alerts, most do
  local id = string.sub(redis.sha1hex('fold\n' .. channel .. '\n' .. now .. '\n' .. first), 1, 16)
  local ids = {}
  for place = first, math.min(first + most - 1, #alerts) do
    ids[#ids + 1] = alerts[place].id
    redis.call('HSET', prefix .. 'alert:' .. alerts[place].id, 'message', id)
    old[alerts[place].old].into = id
  end
  redis.call('HSET', prefix .. 'message:' .. id, 'v', '1', 'kind', 'digest', 'state', 'queued',
    'channel', channel, 'story', 'fold:' .. now, 'alerts', cjson.encode(ids), 'root', '',
    'created', now, 'due', due, 'attempts', 0, 'text', ARGV[6])
  redis.call('ZADD', KEYS[1], due, id)
end
for _, one in ipairs(old) do
  local root, open = unpack(redis.call('HMGET', story_of(one), 'root', 'open'))
  if root == one.id then redis.call('HSET', story_of(one), 'root', one.into) end
  if open == one.id then redis.call('HDEL', story_of(one), 'open') end
  redis.call('DEL', prefix .. 'message:' .. one.id)
  redis.call('ZREM', KEYS[1], one.id)
end
return #old
