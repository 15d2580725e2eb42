#!lua flags=allow-oom
-- Make a queued reply a message of its own, because its story's message will never be posted. Works if Redis is out
-- of memory, so that queues can empty.
-- ARGV 1 message id, 2 channel, 3 story
-- Returns 1, or 0 when the message is gone.
local name, story = key.message(ARGV[1]), key.story(ARGV[2], ARGV[3])
local kind = call('HGET', name, 'kind')
if not kind then return 0 end
call('HSET', name, 'kind', kind == 'reply' and 'story' or kind, 'root', '')
if call('EXISTS', story) == 1 then
  call('HSET', story, 'root', ARGV[1])
  call('HDEL', story, 'open')
end
return 1
