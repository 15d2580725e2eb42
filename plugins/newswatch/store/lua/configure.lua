-- Put a configuration in force, once.
-- KEYS 1 configuration; ARGV 1 version it replaces, 2 its own version, 3 digest, 4 bundle (JSON), 5 now (ms),
--      6 fingerprint of its files
-- Returns 1, or 0 when another configuration came into force meanwhile.
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'digest', ARGV[3], 'bundle', ARGV[4], 'adopted', ARGV[5],
  'files', ARGV[6])
return 1
