#!lua flags=allow-oom
-- What is known of a release window. Matching needs it while Redis is full too.
-- KEYS 1 window
-- ARGV 1 "hit" or "slow", which does not replace a hit, 2 kept (s)
if ARGV[1] == 'slow' and call('GET', KEYS[1]) == 'hit' then return end
call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
