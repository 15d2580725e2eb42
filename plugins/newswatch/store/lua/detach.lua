#!lua flags=allow-oom
-- Move a queued reply away from its story's message, which will never be posted: into the thread of the message that
-- replaced that one, or else the reply replaces it. Works if Redis is out of memory, so that queues can empty.
-- ARGV 1 message id, 2 channel, 3 story
-- Returns 1, or 0 when the message is gone.
local name, story = key.message(ARGV[1]), key.story(ARGV[2], ARGV[3])
local kind, before = unpack(call('HMGET', name, 'kind', 'root'))
if not kind then return 0 end
local now = call('HGET', story, 'root')
if now and now ~= before and now ~= ARGV[1] then
  call('HSET', name, 'root', now)
  return 1
end
call('HSET', name, 'kind', kind == 'reply' and 'story' or kind, 'root', '')
if now then
  call('HSET', story, 'root', ARGV[1])
  call('HDEL', story, 'open')
end
return 1
