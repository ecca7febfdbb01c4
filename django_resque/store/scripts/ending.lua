-- Begins with limits.lua.
-- How a script writes an ending: a list of commands, each as its word count and its words.
-- KEYS  those of the script that begins with this one
-- ARGV  likewise; somewhere among them the commands
-- A command is one of Redis, or an operation that none of these can express:
--   resque.release <key> <owner>   delete the key if its value is the owner
--   resque.keep <key> <owner> <ms>   let it expire in so many milliseconds, if that is its value
--   resque.leave <prefix> <limit> <rid>   give up a job's place in a limit and let the next one in

local operations = {}

operations['resque.release'] = function(key, owner)
  if redis.pcall('GET', key) == owner then redis.call('DEL', key) end
end

operations['resque.keep'] = function(key, owner, milliseconds)
  if redis.pcall('GET', key) == owner then redis.call('PEXPIRE', key, milliseconds) end
end

operations['resque.leave'] = function(prefix, limit, rid)
  redis.call('HDEL', prefix .. 'running:' .. limit, rid)
  if redis.call('ZSCORE', prefix .. 'parked', limit) then let_in(prefix, limit, now_in_ms()) end
end

-- Carry out the command that stands at these places of ARGV; return the error if there is one.
local function carry_out(first, last)
  local operation = operations[ARGV[first]]
  if operation then
    local done, failure = pcall(operation, unpack(ARGV, first + 1, last))
    if done then return nil end
    return type(failure) == 'table' and failure.err or tostring(failure)
  end
  local reply = redis.pcall(unpack(ARGV, first, last))
  if type(reply) == 'table' then return reply.err end
end

-- Write the ending whose number of commands stands at a place of ARGV, unless it is only to be
-- passed over. Returns the place after it. One command that is refused must not keep the others
-- from being written: its error goes to the end of errors.
local function write_ending(at, errors, is_wanted)
  local next_arg = at + 1
  for _ = 1, tonumber(ARGV[at]) do
    local first = next_arg + 1
    next_arg = first + tonumber(ARGV[next_arg])
    if is_wanted then errors[#errors + 1] = carry_out(first, next_arg - 1) end
  end
  return next_arg
end
