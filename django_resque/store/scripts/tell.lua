-- Begins with ending.lua.
-- Write an ending where no claim ends, such as that of a job that was cancelled in its queue.
-- KEYS  none: the commands name theirs
-- ARGV  1 number of commands, then each as its word count and its words
-- Returns the errors of those that were refused.

local errors = {}
write_ending(1, errors, true)
return errors
