-- Put a configuration in force, once, and keep it among the last ones.
-- KEYS 1 configuration, 2 past configurations
-- ARGV 1 version it replaces, 2 its own version, 3 digest, 4 bundle (JSON), 5 now (ms), 6 fingerprint of its files,
--      7 bundle, compressed, 8 how many versions are kept
-- Returns 1, or 0 when another configuration came into force meanwhile.
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'digest', ARGV[3], 'bundle', ARGV[4], 'adopted', ARGV[5],
  'files', ARGV[6])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[7])
local oldest = tonumber(ARGV[2]) - tonumber(ARGV[8])
for _, version in ipairs(redis.call('HKEYS', KEYS[2])) do
  if tonumber(version) <= oldest then redis.call('HDEL', KEYS[2], version) end
end
return 1
