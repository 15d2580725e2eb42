-- Hand-over articles → match: stores the result of one try at an item's web page, in one step.
-- KEYS 1 lease, 2 items stream, 3 article queue, 4 job, 5 feed state
-- ARGV 1 lease token, 2 item id, 3 the job's stamp, 4 outcome, 5 text, 6 time (ms)
--   "read":  append the item in the text ("" for nothing new), count the page, remove the job
--   "later": the try failed for the reason in the text; due again at the time
--   "given-up": the same, but remove the job and count it with the feed
--   "drop":  remove the job, because the page is not wanted any more
-- Returns 1, or 0: the feed edited the item meanwhile (or the job is gone), or -1: the lease is
-- another's.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
if (redis.call('HGET', KEYS[4], 'stamp') or '') ~= ARGV[3] then return 0 end
if ARGV[4] == 'later' then
  redis.call('HINCRBY', KEYS[4], 'tries', 1)
  redis.call('HSET', KEYS[4], 'error', ARGV[5])
  redis.call('ZADD', KEYS[3], ARGV[6], ARGV[2])
  return 1
end
redis.call('DEL', KEYS[4])
redis.call('ZREM', KEYS[3], ARGV[2])
if ARGV[4] == 'read' then
  if ARGV[5] ~= '' then redis.call('XADD', KEYS[2], '*', 'v', '1', 'item', ARGV[5]) end
  redis.call('HINCRBY', KEYS[5], 'articles_read', 1)
elseif ARGV[4] == 'given-up' then
  redis.call('HINCRBY', KEYS[5], 'articles_failed', 1)
  redis.call('HSET', KEYS[5], 'article_error', ARGV[5], 'article_failed_ms', ARGV[6])
end
return 1
