-- Put an item that was set aside into the stream again. Alert ids do not depend on the place in the stream, so what was
-- alerted is not alerted again.
-- KEYS 1 items, 2 items set aside
-- ARGV 1 its place in the stream
-- Returns 1, or 0 if it was not set aside or the stream no longer has it.
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
local row = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not row then return 0 end
redis.call('XADD', KEYS[1], '*', unpack(row[2]))
return 1
