#!lua flags=no-writes
-- Read what a changed document is compared with.
-- KEYS 1 feed state, 2 seen records, 3 elements of the last document, 4 configuration
-- Returns {field, value, …}, records, elements, configuration version.
return {
  redis.call('HGETALL', KEYS[1]),
  redis.call('GET', KEYS[2]) or '',
  redis.call('GET', KEYS[3]) or '',
  redis.call('HGET', KEYS[4], 'version') or '0',
}
