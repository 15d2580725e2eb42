#!lua flags=allow-oom
-- Count how long hops took. Works if Redis is out of memory: the messages are posted.
-- KEYS 1 the histograms, 2 those of the hour; ARGV 1 how long the hour's are kept (s), then field, increment, …
for i = 2, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1])
end
redis.call('EXPIRE', KEYS[2], ARGV[1])
