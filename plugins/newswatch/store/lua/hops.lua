#!lua flags=allow-oom
-- Count how long hops took. Works if Redis is out of memory: the messages are posted.
-- KEYS 1 the histograms; ARGV field, increment, …
for i = 1, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
end
