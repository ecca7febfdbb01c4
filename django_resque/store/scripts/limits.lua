-- What jobs with a limit take and wait for, for the scripts that begin with this one.
-- KEYS  those of the script that begins with this one
-- ARGV  likewise
-- A prefix is what every key begins with. Of a limit there are
--   running:<limit>  hash: rid of a job at work to its worker; and '=' with the SHA-1 of a payload
--                    that is on its way back, to the time until which its place is kept
--   rate:<limit>     sorted set: the same names by when they began
--   parked:<limit>   list: '<most> <count> <span> <length>:<queue><payload>', for each job that waits
--   parked           sorted set: the limits that jobs wait for, by when somebody is to look
--   claimed:<limit>  sorted set: SHA-1 of each item parked lately, by when its job was claimed, in
--                    microseconds
-- Times are milliseconds. <most> may be at work at once, <count> may begin in each <span>; 0 for no
-- such limit.

local KEEP_PLACE = 30000
local LOOK_AGAIN = 10000  -- for what frees a place usually lets the next one in
local LONGEST = 604800000
local AT_ONCE = 100
local LATELY = 60000

local function now_in_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function place_of(payload) return '=' .. redis.sha1hex(payload) end

-- Return for how long a limit has no place; 0 if it has one.
local function wait_for_place(prefix, limit, most, now)
  local running = prefix .. 'running:' .. limit
  if redis.call('HLEN', running) < most then return 0 end
  local fields = redis.call('HGETALL', running)
  for at = 1, #fields, 2 do
    local rid, holder = fields[at], fields[at + 1]
    local gone
    if string.sub(rid, 1, 1) == '=' then
      gone = (tonumber(holder) or 0) <= now
    else
      -- Its claim has ended, and whoever ended it did not know of the limit.
      local mark = '{"rid":"' .. rid .. '"'
      gone = redis.pcall('GETRANGE', prefix .. 'worker:' .. holder, 0, #mark - 1) ~= mark
    end
    if gone then redis.call('HDEL', running, rid) end
  end
  return redis.call('HLEN', running) < most and 0 or LOOK_AGAIN
end

-- Return for how long no more may begin; 0 if one may now.
local function wait_for_turn(prefix, limit, count, span, now)
  local rate = prefix .. 'rate:' .. limit
  redis.call('ZREMRANGEBYSCORE', rate, '-inf', now - span)
  if redis.call('ZCARD', rate) < count then return 0 end
  local first = redis.call('ZRANGE', rate, 0, 0, 'WITHSCORES')
  return math.max(1, first[2] + span - now)
end

local function take_place(prefix, limit, most, count, span, name, holder, now)
  if most > 0 then
    redis.call('HSET', prefix .. 'running:' .. limit, name, holder)
    redis.call('PEXPIRE', prefix .. 'running:' .. limit, LONGEST)
  end
  if count > 0 then
    redis.call('ZADD', prefix .. 'rate:' .. limit, now, name)
    redis.call('PEXPIRE', prefix .. 'rate:' .. limit, span)
  end
end

local function read_item(item)
  local most, count, span, length, at = string.match(item, '^(%d+) (%d+) (%d+) (%d+):()')
  if not most then return nil end
  local last = at + tonumber(length) - 1
  return {
    most = tonumber(most), count = tonumber(count), span = tonumber(span),
    queue = string.sub(item, at, last), payload = string.sub(item, last + 1),
  }
end

-- Take those from the parked jobs that have waited long enough, the first first, and put them into
-- back. A place is kept for each, so that nobody overtakes it on its way. Returns in how many
-- milliseconds to look again.
local function take_back(prefix, limit, now, back)
  local parked, wait = prefix .. 'parked:' .. limit, 0
  for _ = 1, AT_ONCE do
    local raw = redis.call('LINDEX', parked, 0)
    if not raw then break end
    local item = read_item(raw)
    local queue = item and prefix .. 'queue:' .. item.queue
    if not item or type(redis.pcall('LLEN', queue)) == 'table' then
      -- Nowhere to go for now: it must not keep the others from going.
      redis.call('LPOP', parked)
      redis.call('RPUSH', parked, raw)
      wait = LOOK_AGAIN
    else
      wait = item.most > 0 and wait_for_place(prefix, limit, item.most, now) or 0
      if wait == 0 and item.count > 0 then
        wait = wait_for_turn(prefix, limit, item.count, item.span, now)
      end
      if wait > 0 then break end
      redis.call('LPOP', parked)
      back[#back + 1] = item
      take_place(prefix, limit, item.most, item.count, item.span,
        place_of(item.payload), now + KEEP_PLACE, now)
    end
  end
  return wait
end

-- Let those go back to the head of their queues that have waited long enough.
local function let_in(prefix, limit, now)
  local back = {}
  local fine, wait = pcall(take_back, prefix, limit, now, back)
  -- Whatever somebody spoilt, what is parked no more must be in its queue.
  for at = #back, 1, -1 do
    redis.pcall('SADD', prefix .. 'queues', back[at].queue)
    redis.call('LPUSH', prefix .. 'queue:' .. back[at].queue, back[at].payload)
  end
  -- The first write frees memory, so that the other is allowed even at maxmemory.
  redis.call('ZREM', prefix .. 'parked', limit)
  if redis.call('EXISTS', prefix .. 'parked:' .. limit) == 1 then
    redis.call('ZADD', prefix .. 'parked', now + (fine and wait or LOOK_AGAIN), limit)
  end
  if not fine then error(wait) end
end

-- Return in how many milliseconds somebody is to look at what waits; -1 if nothing does.
local function next_look(key)
  local first = redis.pcall('ZRANGE', key, 0, 0, 'WITHSCORES')
  if first.err or not first[2] then return -1 end
  return math.max(0, math.ceil(first[2] - now_in_ms()))
end
