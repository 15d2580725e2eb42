#!lua flags=no-writes
-- What a message holds, in one step.
-- ARGV 1 message id
-- Returns {its kind or "", its alerts' records (JSON)}.
local kind, ids = unpack(call('HMGET', key.message(ARGV[1]), 'kind', 'alerts'))
local good, alerts = pcall(cjson.decode, ids or '')
local found = {}
for _, id in ipairs(good and type(alerts) == 'table' and alerts or {}) do
  found[#found + 1] = call('HGET', key.alert(id), 'json') or ''
end
return {kind or '', found}
