-- Begins with ending.lua.
-- Take locks and, with the same step, do for each what goes with it.
-- KEYS  1 what comes before the name of a lock
-- ARGV  1 milliseconds until a lock expires
--       2.. for each: name of the lock, owner, number of commands, then each as its word count and
--       its words
-- Returns for each its owner: another one where the lock was taken already, and nothing was done.
-- A command that is refused ends it; its lock is free then.

local owners, next_arg = {}, 2
while next_arg <= #ARGV do
  local key, owner = KEYS[1] .. ARGV[next_arg], ARGV[next_arg + 1]
  local count = tonumber(ARGV[next_arg + 2])
  local holder = redis.pcall('GET', key)
  if type(holder) ~= 'string' then
    redis.call('SET', key, owner, 'PX', ARGV[1])
    holder = owner
  end
  next_arg = next_arg + 3
  for _ = 1, count do
    local first = next_arg + 1
    next_arg = first + tonumber(ARGV[next_arg])
    if holder == owner then
      local failure = carry_out(first, next_arg - 1)
      if failure then
        redis.call('DEL', key)
        return redis.error_reply(failure)
      end
    end
  end
  owners[#owners + 1] = holder
end
return owners
