-- Store the results of polls that claimed nothing, many feeds in one step.
-- KEYS 1 due feeds, then the feeds' states
-- ARGV 1 JSON: for each feed its next due time (ms), its id, a list of field, value, … and the generation of the state
--      that they follow from
-- A feed that was removed from the configuration while it was polled stays removed. If there was another claim
-- meanwhile, or if this is another Redis that lacks the last one, only the due time is stored: the validators in the
-- fields would vouch for records that are not here.
for i, update in ipairs(cjson.decode(ARGV[1])) do
  if redis.call('ZSCORE', KEYS[1], update[2]) then
    if #update[3] > 0 and (redis.call('HGET', KEYS[i + 1], 'gen') or '0') == update[4] then
      redis.call('HSET', KEYS[i + 1], unpack(update[3]))
    end
    redis.call('ZADD', KEYS[1], update[1], update[2])
  end
end
