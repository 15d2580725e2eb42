-- Queues the daily line of a receiver that got no alert since the line before: at most one for each due time.
-- KEYS 1 when each receiver's last line was due
-- ARGV 1 receiver, 2 due (ms), 3 now (ms), 4 channel, 5 text, 6 items added so far
-- Returns 1 when a line was queued.
local last_due = tonumber(call('HGET', KEYS[1], ARGV[1]) or '-1')
local due, now = tonumber(ARGV[2]), tonumber(ARGV[3])
if last_due >= due then return 0 end
call('HSET', KEYS[1], ARGV[1], due, ARGV[1] .. ':items', ARGV[6])
local last_alert = tonumber(call('HGET', key.channel(ARGV[4]), 'last_alert') or '0')
if last_due < 0 or last_alert >= last_due then return 0 end
create_message({id = new_id(ARGV[4], 'alive\n' .. ARGV[1] .. '\n' .. due), kind = 'ops', channel = ARGV[4],
  story = 'alive:' .. ARGV[1], alerts = {}, due = now, text = ARGV[5]}, now)
return 1
