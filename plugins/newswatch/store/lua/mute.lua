-- Begin or end mutes, together with the marks of the messages whose buttons began them.
-- ARGV 1 now (ms), 2 mutes (JSON): {rule|channel: row or false}
-- Returns 1.
put_mutes(cjson.decode(ARGV[2]), ARGV[1], '')
return 1
