-- Begins with ending.lua.
-- Remove payloads from a list and, with the same step, do for each what goes with that.
-- KEYS  1 the list
-- ARGV  1 most occurrences to remove of each, or 0 for all
--       2.. for each: its bytes, number of commands, then each as its word count and its words
-- Returns how many were removed.

local removed, next_arg = 0, 2
while next_arg <= #ARGV do
  local count = redis.call('LREM', KEYS[1], ARGV[1], ARGV[next_arg])
  removed = removed + count
  next_arg = write_ending(next_arg + 1, {}, count > 0)
end
return removed
