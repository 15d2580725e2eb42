#!lua flags=allow-oom
-- One small write of the deliver stage, also when Redis is out of memory: what is queued must get out.
-- KEYS 1 the key; ARGV the command and what follows the key
local command = table.remove(ARGV, 1)
return redis.call(command, KEYS[1], unpack(ARGV))
