-- As wrk.lua, but the requests send the Cookie headers of a file in turns, so that many visitors
-- have a session each and do not wait for the lock of one. The requests are made before the run.
local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "wrk.lua")

local requests = {}
local at = 0

function init(args)
  for line in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, {Cookie = line, Host = wrk.headers.Host})
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
