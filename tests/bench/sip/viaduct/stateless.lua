-- stateless: every request to its Request-URI, every response by its Via.
local options = require "viaduct.options"

function on_request(req)
  local answer = options.answer(req)
  if answer then return answer end
  return req:forward()
end
