#!lua flags=allow-oom
-- One small write. Works if Redis is out of memory, so that queued messages can be sent.
-- KEYS 1 the key; ARGV the command and what follows the key
local command = table.remove(ARGV, 1)
return redis.call(command, KEYS[1], unpack(ARGV))
