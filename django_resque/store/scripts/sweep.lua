-- Read delayed items, one timestamp after the other: no more, and hardly more bytes, than asked for.
-- KEYS  1 delayed_queue_schedule
-- ARGV  1 what stands before a timestamp in the key of its list   2 timestamps to skip
--       3 items of the next one to skip   4 most items   5 most bytes
-- Returns {timestamps to skip to go on, or -1 at the end, items to skip then,
--          {rank of a timestamp, timestamp, index, item, and so on}}.
-- The first item comes whatever its size. A key that is no list is empty, and counts as an item.

local rank, skip = tonumber(ARGV[2]), tonumber(ARGV[3])
local most, room = tonumber(ARGV[4]), tonumber(ARGV[5])
local found, largest = {}, 1
while most > 0 do
  local at = redis.call('ZRANGE', KEYS[1], rank, rank)[1]
  if not at then return {-1, 0, found} end
  local key = ARGV[1] .. at
  local size = redis.pcall('LLEN', key)
  if type(size) == 'table' then
    if not string.find(size.err, 'WRONGTYPE', 1, true) then return size end
    size = 0
  end
  while skip < size do
    -- A piece is short, so that the first large ones after many small ones do not come together.
    local piece = math.min(16, most, size - skip, math.max(1, math.floor(room / largest)))
    if piece < 1 then return {rank, skip, found} end
    for _, item in ipairs(redis.call('LRANGE', key, skip, skip + piece - 1)) do
      if #found > 0 and #item > room then return {rank, skip, found} end
      room, largest, most = room - #item, math.max(largest, #item), most - 1
      for _, each in ipairs({rank, at, skip, item}) do found[#found + 1] = each end
      skip = skip + 1
    end
  end
  if size == 0 then most = most - 1 end
  rank, skip = rank + 1, 0
end
return {rank < redis.call('ZCARD', KEYS[1]) and rank or -1, 0, found}
