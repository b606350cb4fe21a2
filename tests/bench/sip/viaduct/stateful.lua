-- stateful: relays by Request-URI with Record-Route, loose routing inside dialogs.
local options = require "viaduct.options"

function on_request(req)
  if req.in_dialog then return req:relay() end
  local answer = options.answer(req)
  if answer then return answer end
  return req:relay()
end
