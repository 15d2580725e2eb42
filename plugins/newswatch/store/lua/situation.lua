#!lua flags=no-writes
-- Read what the placement of alerts is decided on. The cost depends on what is requested, not on what is stored.
-- ARGV 1 JSON: {alerts: [id, …], stories: [[channel, story, rules], …], rates: [[rule, channel, hour], …],
--   surges: [[rule, channel, held since (ms), stories, sources, rules], …], channels: [channel, …]}
-- Returns {known, stories, counts, surges, sequences}, each in the order requested:
--   known: 1 or 0; a story: {root, open, n, rank, {rule named or nil, …}, message, message};
--   a message: {state, frozen, alerts, kind, size} or nil;
--   a surge: {its story, being released (1 or 0), story} or {"", stories held, sources held, {1 or 0, …}, {1 or 0, …}}.
local ask = cjson.decode(ARGV[1])

local function message(id)
  return id and call('HMGET', key.message(id), 'state', 'frozen', 'alerts', 'kind', 'size')
end

local function story(channel, name, rules)
  local fields = {'root', 'open', 'n', 'rank'}
  for i, rule in ipairs(rules) do fields[i + 4] = 'rule:' .. rule end
  local named, row = {}, {}
  for first = 1, #fields, 1000 do
    local part = call('HMGET', key.story(channel, name), unpack(fields, first, math.min(first + 999, #fields)))
    for i, value in ipairs(part) do row[first + i - 1] = value end
  end
  for i = 5, #fields do named[i - 4] = row[i] end
  return {row[1], row[2], row[3], row[4], named, message(row[1]), message(row[2])}
end

local function held(name, members, floor)
  local found = {}
  for i, member in ipairs(members) do
    local since = call('ZSCORE', name, member)
    found[i] = since and tonumber(since) > floor and 1 or 0
  end
  return found
end

local function surge(rule, channel, floor, stories, sources, rules)
  local group = call('GET', key.surge_now(rule, channel))
  if group then
    return {group, call('HEXISTS', key.RELEASES, channel .. '|' .. group), story(channel, group, rules)}
  end
  local by_story, by_source = key.surge_stories(rule, channel), key.surge_sources(rule, channel)
  local after = string.format('(%.0f', floor)
  return {'', call('ZCOUNT', by_story, after, '+inf'), call('ZCOUNT', by_source, after, '+inf'),
    held(by_story, stories, floor), held(by_source, sources, floor)}
end

local known, stories, counts, surges, sequences = {}, {}, {}, {}, {}
for i, id in ipairs(ask.alerts) do known[i] = call('EXISTS', key.alert(id)) end
for i, one in ipairs(ask.stories) do stories[i] = story(unpack(one)) end
for i, one in ipairs(ask.rates) do counts[i] = call('GET', key.rate(unpack(one))) end
for i, one in ipairs(ask.surges) do surges[i] = surge(unpack(one)) end
for i, channel in ipairs(ask.channels) do sequences[i] = call('HGET', key.channel(channel), 'seq') end
return {known, stories, counts, surges, sequences}
