-- options: answers OPTIONS addressed to the server itself.
local options = require "viaduct.options"

function on_request(req)
  return options.answer(req) or 404
end
