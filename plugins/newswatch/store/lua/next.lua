#!lua flags=no-writes
-- What is next in a channel's queue, and when the channel may be sent to.
-- Of what is due: first the first lane, then the queue in order, and the last lane only if nothing else is due.
-- ARGV 1 channel, 2 now (ms)
-- Returns {next_at, until, reason, message or nil, due}; the message is not due yet if nothing is. `until` is the end of
-- the channel's pause or of the workspace's, whichever is later.
local channel, now = ARGV[1], tonumber(ARGV[2])
local queue, last = key.outbox(channel), key.lane('last', channel)
local state = call('HMGET', key.channel(channel), 'next_at', 'until', 'reason')
local whole = call('HMGET', key.WORKSPACE, 'until', 'reason')
if tonumber(whole[1] or '0') > tonumber(state[2] or '0') then state[2], state[3] = whole[1], whole[2] end
local function answer(id, due) return {state[1], state[2], state[3], id, due} end

for _, id in ipairs(call('ZRANGEBYSCORE', key.lane('first', channel), '-inf', now, 'LIMIT', 0, 20)) do
  local due = call('ZSCORE', queue, id)
  if due and tonumber(due) <= now then return answer(id, due) end
end

local later, at, step = nil, 0, 50
while true do
  local rows = call('ZRANGE', queue, at, at + step - 1, 'WITHSCORES')
  for i = 1, #rows, 2 do
    local id, due = rows[i], rows[i + 1]
    if tonumber(due) > now then return later and answer(later[1], later[2]) or answer(id, due) end
    if not call('ZSCORE', last, id) then return answer(id, due) end
    later = later or {id, due}
  end
  if #rows < 2 * step then break end
  at = at + step
end
return later and answer(later[1], later[2]) or {state[1], state[2], state[3]}
