-- Give the master lock up, if it is still ours.
-- KEYS  1 the master lock
-- ARGV  1 who gives it up
-- Returns 1 if it was.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
