-- What the scripts share: the keys, named as in `store/keys.py`, and the one way to write a message's record and
-- its place in a queue. `client.script_text` puts it before each script.
local key = {
  ALERTS = 'newswatch:alerts',
  ARTICLES = 'newswatch:articles',
  CHANNELS = 'newswatch:channels',
  DEAD = 'newswatch:dead',
  HITS_LAST = 'newswatch:hits:last',
  ITEMS = 'newswatch:items',
  ITEMS_GROUP = 'match',
  MUTES = 'newswatch:mutes',
  MUTES_COUNT = 'newswatch:mutes:count',
  RECHECKS = 'newswatch:rechecks',
  RELEASES = 'newswatch:releases',
  REMINDERS = 'newswatch:reminders',
  TITLES = 'newswatch:titles',
  UPDATES = 'newswatch:updates',
  WAKE = 'newswatch:wake',
  WITHDRAWN = 'newswatch:withdrawn',
  WORKSPACE = 'newswatch:workspace',
}
function key.acknowledged(rule) return 'newswatch:acknowledged:' .. rule end
function key.alert(id) return 'newswatch:alert:' .. id end
function key.alerted(item) return 'newswatch:alerted:' .. item end
function key.alerts_of(facet, value) return key.ALERTS .. ':' .. facet .. ':' .. value end
function key.article(item) return 'newswatch:article:' .. item end
function key.channel(channel) return 'newswatch:channel:' .. channel end
function key.hits(day) return 'newswatch:hits:' .. day end
function key.irrelevant(rule) return 'newswatch:irrelevant:' .. rule end
function key.items_by_hour(day) return key.ITEMS .. ':' .. day end
function key.items_of_feeds(day) return key.items_by_hour(day) .. ':feeds' end
function key.lane(name, channel) return 'newswatch:lane:' .. name .. ':' .. channel end
function key.message(id) return 'newswatch:message:' .. id end
function key.outbox(channel) return 'newswatch:outbox:' .. channel end
function key.rate(rule, channel, hour) return 'newswatch:rate:' .. rule .. ':' .. channel .. ':' .. hour end
function key.recheck(item) return 'newswatch:recheck:' .. item end
function key.release(channel, story) return 'newswatch:release:' .. channel .. ':' .. story end
function key.story(channel, story) return 'newswatch:story:' .. channel .. ':' .. story end
function key.surge(rule, channel) return 'newswatch:surge:' .. rule .. ':' .. channel end
function key.surge_now(rule, channel) return key.surge(rule, channel) .. ':now' end
function key.surge_sources(rule, channel) return key.surge(rule, channel) .. ':sources' end
function key.surge_stories(rule, channel) return key.surge(rule, channel) .. ':stories' end

local call = redis.call

-- A command with any number of arguments: Lua passes on some 8,000 at once. Pairs stay together.
local function call_all(command, name, arguments, group)
  for first = 1, #arguments, 1000 do
    local last = math.min(first + 999, #arguments)
    if group then
      call(command, name, group, unpack(arguments, first, last))
    else
      call(command, name, unpack(arguments, first, last))
    end
  end
end

-- An empty Lua table would be encoded as an object.
local function encode_ids(ids) return #ids > 0 and cjson.encode(ids) or '[]' end

-- A new message's id. Ids of a channel sort in the order in which they were made, which decides between
-- messages that are due at once. `name` is hashed, so that a Redis that came back empty repeats no id.
local function new_id(channel, name)
  local sequence = call('HINCRBY', key.channel(channel), 'seq', 1)
  return string.format('%010x', sequence) .. string.sub(redis.sha1hex(name), 1, 10)
end

local function enqueue(channel, id, due)
  call('ZADD', key.outbox(channel), due, id)
  call('SADD', key.CHANNELS, channel)
  local lane = call('HGET', key.message(id), 'lane')
  if lane then call('ZADD', key.lane(lane, channel), due, id) end
end

local function dequeue(channel, id)
  call('ZREM', key.outbox(channel), id)
  call('ZREM', key.lane('first', channel), id)
  call('ZREM', key.lane('last', channel), id)
  if call('EXISTS', key.outbox(channel)) == 0 then call('SREM', key.CHANNELS, channel) end
end

-- There is something new for delivery, which waits for it. One entry is enough, however much there is.
local function wake()
  call('LPUSH', key.WAKE, 1)
  call('LTRIM', key.WAKE, 0, 0)
end

-- A queued message goes before all others. A reply can only be posted after its story's message, which goes first too.
local function go_first(channel, id)
  local due = call('ZSCORE', key.outbox(channel), id)
  if not due then return end
  call('HSET', key.message(id), 'lane', 'first')
  call('ZREM', key.lane('last', channel), id)
  call('ZADD', key.lane('first', channel), due, id)
  local root = call('HGET', key.message(id), 'root')
  local above = root and call('ZSCORE', key.outbox(channel), root)
  if above then
    call('HSET', key.message(root), 'lane', 'first')
    call('ZADD', key.lane('first', channel), above, root)
  end
end

-- A message's record and its queue entry. `m`: {id, channel, kind, story, alerts, root?, due, text?, size?, broadcast?,
-- lane?: "first" or "last"}
local function create_message(m, now)
  call('HSET', key.message(m.id), 'v', '1', 'kind', m.kind, 'state', 'queued', 'channel', m.channel,
    'story', m.story, 'alerts', encode_ids(m.alerts), 'root', m.root or '', 'text', m.text or '',
    'size', m.size or 0, 'created', now, 'due', m.due, 'attempts', 0)
  if m.broadcast then call('HSET', key.message(m.id), 'broadcast', 1) end
  if m.lane == 'last' then call('HSET', key.message(m.id), 'lane', 'last') end
  enqueue(m.channel, m.id, m.due)
  wake()
  if m.lane == 'first' then go_first(m.channel, m.id) end
end

-- What decides whether a message may still grow, as one text: a decision was made on it if it is the same again.
local function snapshot(id)
  local row = call('HMGET', key.message(id), 'state', 'frozen', 'alerts')
  return (row[1] or '') .. '|' .. (row[2] or '') .. '|' .. (row[3] or '')
end

-- A message in Slack is out of date.
local function out_of_date(id, now)
  call('HINCRBY', key.message(id), 'rev', 1)
  call('ZADD', key.UPDATES, now, id)
  wake()
end

-- Says in a message's thread what was corrected, and marks the message. A thread gets at most three such lines.
-- `c`: {message, lines, mark}. Does nothing for a message that will never be posted.
local mark_rank = {['headline changed'] = 1, ['passage changed'] = 2, ['passage removed'] = 3, ['article withdrawn'] = 4}
local function correct(c, now)
  local name = key.message(c.message)
  local state, channel, story, root = unpack(call('HMGET', name, 'state', 'channel', 'story', 'root'))
  if not state or state == 'dead' or state == 'withdrawn' then return end
  if (root or '') == '' then root = c.message end
  local above = key.message(root)
  local said = tonumber(call('HGET', above, 'corrections') or '0')
  local lines = {}
  for i = 1, math.min(#c.lines, 3 - said) do lines[i] = c.lines[i] end
  local was = call('HGET', name, 'corrected')
  if not was or mark_rank[c.mark] > (mark_rank[was] or 0) then
    call('HSET', name, 'corrected', c.mark)
    out_of_date(c.message, now)
  end
  if #lines == 0 or call('EXISTS', above) == 0 then return end
  call('HINCRBY', above, 'corrections', #lines)
  local id = new_id(channel, 'correction\n' .. c.message .. '\n' .. now .. '\n' .. said)
  create_message({id = id, kind = 'correction', channel = channel, story = story, alerts = {}, root = root,
    due = now, text = table.concat(lines, '\n')}, now)
end

-- The message's mute was ended early: its mark is off, and a repetition of the same click by Slack changes nothing.
-- A message that began another mute, which lasts, keeps its mark.
local function mute_ended(id, now)
  for _, row in ipairs(call('HVALS', key.MUTES)) do
    if cjson.decode(row).message == id then return end
  end
  local said = call('HGET', key.message(id), 'mute')
  if not said then return end
  local mark = cjson.decode(said)
  mark.on = false
  call('HSET', key.message(id), 'mute', cjson.encode(mark))
  out_of_date(id, now)
end

-- Begin mutes, or end those whose row is false; `by` is the message whose button does it. Messages that began a mute
-- that is replaced or ended no longer show it.
local function put_mutes(mutes, now, by)
  local before = {}
  for name, row in pairs(mutes) do
    local known = call('HGET', key.MUTES, name)
    local other = known and cjson.decode(known).message
    if other and other ~= by then before[other] = true end
    if row then
      call('HSET', key.MUTES, name, row)
      call('HSET', key.MUTES_COUNT, name, 0)
    else
      call('HDEL', key.MUTES, name)
      call('HDEL', key.MUTES_COUNT, name)
    end
  end
  for other in pairs(before) do mute_ended(other, now) end
end
