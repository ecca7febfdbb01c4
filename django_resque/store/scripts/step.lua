-- Begins with ending.lua.
-- Finish one job and reserve the next, in one atomic step.
-- KEYS  1 worker:<id>  2 pause-all-workers  3 queues:paused  4 queues  5 worker:<id>:orders
--       6 worker:<id>:started  7 worker:<id>:settled   8.. queue:<n>
-- ARGV  1 rid of the claim to finish, or ''   2 rid for a new claim, or '' to finish only
--       3 run_at as a JSON string
--       4 '' for a fixed list of queues, else '*' and each queue name the worker knows as <length>:<name>
--       5 '1' to note in the claim when it is made, in microseconds: it is only asked for where
--         jobs may have to wait for a limit, in the order of their claims
--       6 number of commands in the ending, then each as its word count and its words
--       last, for each queue in KEYS, its name as a JSON string
-- Returns {status, finished (1 or 0), errors of the ending, claim or names}; status is one of
--   job     the claim, made now or by an earlier call whose reply was lost
--   stale   another claim of this worker is in the way: it is returned
--   queues  the set of queues has changed: its members are returned
--   forgotten  the worker is not registered: it is to register and look again
--   orders  the worker is told something: it is to take its orders and look again
--   paused, empty, done
-- Payloads are never decoded: cjson would turn [] into {} and long integers into floats.

-- Seconds for which an ending is known to have been written: longer than most outages.
local SETTLED_FOR = 86400

local function mark_of(rid)
  return '{"rid":"' .. rid .. '"'
end

-- Every call costs: one GETRANGE tells whether there is a claim and whose it is.
local longest = math.max(#mark_of(ARGV[1]), #mark_of(ARGV[2]))
local head = redis.call('GETRANGE', KEYS[1], 0, longest - 1)

local function claimed_as(rid)
  local mark = mark_of(rid)
  return rid ~= '' and string.sub(head, 1, #mark) == mark
end

local function trimmed_lower(text)
  return string.lower(string.match(text, '^%s*(.-)%s*$'))
end

-- Whoever spoilt a key is to be found out by its name.
local function read(command, key)
  local reply = redis.pcall(command, key)
  if type(reply) == 'table' and reply.err then return nil, {err = reply.err .. ' (' .. key .. ')'} end
  return reply
end

local finished, errors, next_arg = 0, {}, 0

-- What came before the claim is done; returns what the caller is told of the queues.
local function reserve()
  if ARGV[2] == '' then return {'done', finished, errors} end

  local paused = {}
  -- Mostly the worker is known and there is neither an order nor a pause, and one call tells so of
  -- all of them: a key that is named four times counts four times.
  local there = redis.call('EXISTS', KEYS[6], KEYS[6], KEYS[6], KEYS[6], KEYS[5], KEYS[2], KEYS[3])
  -- Nobody would look for the job of a worker that was struck off, should it die with it. Whoever
  -- strikes one off deletes this key, in whatever language.
  if there < 4 then return {'forgotten', finished, errors} end
  if there > 4 then
    -- Before the pause: a worker that may take no job must hear all the same.
    if redis.call('EXISTS', KEYS[5]) == 1 then return {'orders', finished, errors} end
    local pause, refusal = read('GET', KEYS[2])
    if refusal then return refusal end
    if pause and trimmed_lower(pause) == 'true' then return {'paused', finished, errors} end
    local names
    names, refusal = read('SMEMBERS', KEYS[3])
    if refusal then return refusal end
    for _, name in ipairs(names) do paused[name] = true end
  end

  if ARGV[4] ~= '' then
    local known, count, at = {}, 0, 2
    while at <= #ARGV[4] do
      local colon = string.find(ARGV[4], ':', at, true)
      local last = colon + tonumber(string.sub(ARGV[4], at, colon - 1))
      known[string.sub(ARGV[4], colon + 1, last)] = true
      count, at = count + 1, last + 1
    end
    local members, refusal = read('SMEMBERS', KEYS[4])
    if refusal then return refusal end
    local same = #members == count
    for _, name in ipairs(members) do same = same and known[name] end
    if not same then return {'queues', finished, errors, members} end
  end

  local open = {}
  for i = 8, #KEYS do
    -- '<namespace>:queues' and '<namespace>:queue:' are equally long.
    if not paused[string.sub(KEYS[i], #KEYS[4] + 1)] then
      open[#open + 1] = KEYS[i]
      local raw = redis.pcall('LPOP', KEYS[i])
      if type(raw) == 'string' then
        local noted = ''
        if ARGV[5] == '1' then
          local time = redis.call('TIME')
          noted = ',"claimed":' .. time[1] .. string.format('%06d', time[2])
        end
        local claim = '{"rid":"' .. ARGV[2] .. '","queue":' .. ARGV[next_arg + i - 8]
          .. ',"run_at":' .. ARGV[3] .. noted .. ',"payload":' .. raw .. '}'
        redis.call('SET', KEYS[1], claim)
        return {'job', finished, errors, claim}
      end
      if raw and raw.err and not string.find(raw.err, 'WRONGTYPE', 1, true) then return raw end
    end
  end
  -- Reading them is what makes Redis announce the next push, where the caller asked for it.
  for _, key in ipairs(open) do redis.call('EXISTS', key) end
  return {'empty', finished, errors}
end

if claimed_as(ARGV[2]) then
  return {'job', 1, errors, redis.call('GET', KEYS[1])}
end
-- By an earlier call whose reply was lost, and which found no job.
local is_written = head == '' and ARGV[1] ~= '' and redis.pcall('GET', KEYS[7]) == ARGV[1]
if head ~= '' then
  if not claimed_as(ARGV[1]) then
    return {'stale', 0, errors, redis.call('GET', KEYS[1])}
  end
  -- The first write frees memory, so that the ending is allowed even at maxmemory.
  redis.call('DEL', KEYS[1])
end
if head ~= '' or is_written then finished = 1 end
next_arg = write_ending(6, errors, finished == 1 and not is_written)

local reply = reserve()
-- A new claim proves to a repeated call that the ending was written. Without one, this does.
if finished == 1 and reply[1] ~= 'job' then
  redis.call('SET', KEYS[7], ARGV[1], 'EX', SETTLED_FOR)
end
return reply
