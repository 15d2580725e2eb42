#!lua flags=allow-oom
-- What a reader said of a message: the newest word of a kind counts, a repeated or late one changes nothing.
-- KEYS 1 message, 2 updates, 3 mutes, 4 mutes:count
-- ARGV 1 message id, 2 now (ms), 3 kind, 4 said at (ms), 5 the mark (JSON), 6 prefix, 7 what follows (JSON)
--   ack: {}; mute: {rule|channel: row or false}; irrelevant: {[rule, item, row or false], …}
-- Returns 1 taken, 0 known or older than what is known, -1 there is no such message.
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local before = redis.call('HGET', KEYS[1], ARGV[3])
if before then
  local mark = cjson.decode(before)
  if ARGV[3] == 'ack' or tonumber(mark.at) >= tonumber(ARGV[4]) then return 0 end
end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[5])
redis.call('HINCRBY', KEYS[1], 'rev', 1)
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
local follows = cjson.decode(ARGV[7])

-- The message began no mute that lasts: its mark is off, and the same click told again is known.
local function taken_back(message)
  for _, row in ipairs(redis.call('HVALS', KEYS[3])) do
    if cjson.decode(row).message == message then return end
  end
  local key = ARGV[6] .. 'message:' .. message
  local said = redis.call('HGET', key, 'mute')
  if not said then return end
  local mark = cjson.decode(said)
  mark.on = false
  redis.call('HSET', key, 'mute', cjson.encode(mark))
  redis.call('HINCRBY', key, 'rev', 1)
  redis.call('ZADD', KEYS[2], ARGV[2], message)
end

if ARGV[3] == 'mute' then
  local others = {}
  for name, row in pairs(follows) do
    local known = redis.call('HGET', KEYS[3], name)
    local other = known and cjson.decode(known).message
    if other and other ~= ARGV[1] then others[other] = true end
    if row then
      redis.call('HSET', KEYS[3], name, row)
      redis.call('HSET', KEYS[4], name, 0)
    else
      redis.call('HDEL', KEYS[3], name)
      redis.call('HDEL', KEYS[4], name)
    end
  end
  for other in pairs(others) do taken_back(other) end
elseif ARGV[3] == 'irrelevant' then
  for _, one in ipairs(follows) do
    local rule, item, row = one[1], one[2], one[3]
    local key = ARGV[6] .. 'irrelevant:' .. rule
    if row then redis.call('HSET', key, item, row) else redis.call('HDEL', key, item) end
  end
end
return 1
