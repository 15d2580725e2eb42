#!lua flags=allow-oom
-- A reply is in the channel itself, since its story's message was deleted in Slack: it replaces that message, and later
-- replies go to its thread. Works if Redis is out of memory, like the record of what was sent.
-- ARGV 1 message id, 2 channel, 3 story
-- Returns 1, or 0 when it is no reply (any more).
local name, story = key.message(ARGV[1]), key.story(ARGV[2], ARGV[3])
local kind, before = unpack(call('HMGET', name, 'kind', 'root'))
if not kind or before == '' then return 0 end
call('HSET', name, 'kind', kind == 'reply' and 'story' or kind, 'root', '')
if call('EXISTS', key.message(before)) == 1 then call('HSET', key.message(before), 'deleted', 1) end
if call('HGET', story, 'root') == before then
  call('HSET', story, 'root', ARGV[1])
  call('HDEL', story, 'open')
end
if call('HGET', key.channel(ARGV[2]), 'catch_up') == before then
  call('HSET', key.channel(ARGV[2]), 'catch_up', ARGV[1])
end
return 1
