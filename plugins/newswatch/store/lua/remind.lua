#!lua flags=allow-oom
-- A message's reminder is due: queue it as a reply in the message's thread, unless somebody acknowledged the message.
-- ARGV 1 message id, 2 now (ms), 3 text, "" if none is wanted any more
-- Returns 1 queued, 0 not.
local name = key.message(ARGV[1])
if call('ZREM', key.REMINDERS, ARGV[1]) == 0 or ARGV[3] == '' then return 0 end
local m = {}
local fields = {'state', 'channel', 'story', 'root', 'ack'}
for i, value in ipairs(call('HMGET', name, unpack(fields))) do m[fields[i]] = value or nil end
if m.state ~= 'sent' or m.ack then return 0 end
local root = (m.root or '') ~= '' and m.root or ARGV[1]
local id = new_id(m.channel, 'reminder\n' .. ARGV[1])
create_message({id = id, kind = 'reminder', channel = m.channel, story = m.story, alerts = {}, root = root,
  due = ARGV[2], text = ARGV[3], broadcast = true, lane = 'first'}, ARGV[2])
call('HSET', key.message(id), 'of', ARGV[1])
return 1
