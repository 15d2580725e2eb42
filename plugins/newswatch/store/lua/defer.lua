#!lua flags=allow-oom
-- Postpone a queued message without changing its state, or take an entry out of the queue whose message is done.
-- Works if Redis is out of memory, so that queued messages can be sent.
-- ARGV 1 message id, 2 channel, 3 due (ms), or "" to take it out
if ARGV[3] == '' then
  dequeue(ARGV[2], ARGV[1])
elseif call('ZSCORE', key.outbox(ARGV[2]), ARGV[1]) then
  enqueue(ARGV[2], ARGV[1], ARGV[3])
end
return 1
