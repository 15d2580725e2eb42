#!lua flags=allow-oom
-- A message in Slack is up to date as of `rev`, unless it changed since.
-- ARGV 1 message id, 2 rev shown
-- Returns 1 up to date, 0 it changed meanwhile.
if tonumber(call('HGET', key.message(ARGV[1]), 'rev') or '0') ~= tonumber(ARGV[2]) then return 0 end
call('ZREM', key.UPDATES, ARGV[1])
return 1
