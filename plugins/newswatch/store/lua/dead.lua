#!lua flags=allow-oom
-- Move a message that Slack will never accept to the dead letters.
-- ARGV 1 message id, 2 now (ms), 3 error, 4 channel
call('HSET', key.message(ARGV[1]), 'state', 'dead', 'error', ARGV[3])
dequeue(ARGV[4], ARGV[1])
call('ZADD', key.DEAD, ARGV[2], ARGV[1])
return 1
