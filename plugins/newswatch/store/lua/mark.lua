#!lua flags=allow-oom
-- Store what a reader said about a message. The newest mark of a kind counts; a repeated or late one changes nothing.
-- ARGV 1 message id, 2 now (ms), 3 kind, 4 said at (ms), 5 the mark (JSON), 6 consequences (JSON)
--   ack: {[rule, item, matched (ms)], …}; mute: {rule|channel: row or false}; irrelevant: {[rule, item, row or false], …}
-- Returns 1 stored, 0 known or older than what is known, -1 there is no such message.
local name = key.message(ARGV[1])
if call('EXISTS', name) == 0 then return -1 end
local before = call('HGET', name, ARGV[3])
if before then
  local mark = cjson.decode(before)
  if ARGV[3] == 'ack' or tonumber(mark.at) >= tonumber(ARGV[4]) then return 0 end
end
call('HSET', name, ARGV[3], ARGV[5])
out_of_date(ARGV[1], ARGV[2])
local follows = cjson.decode(ARGV[6])

if ARGV[3] == 'ack' then
  for _, one in ipairs(follows) do
    call('HSET', key.acknowledged(one[1]), one[2], one[3])
  end
elseif ARGV[3] == 'mute' then
  put_mutes(follows, ARGV[2], ARGV[1])
elseif ARGV[3] == 'irrelevant' then
  for _, one in ipairs(follows) do
    local rule, item, row = one[1], one[2], one[3]
    if row then
      call('HSET', key.irrelevant(rule), item, row)
    else
      call('HDEL', key.irrelevant(rule), item)
    end
  end
end
return 1
