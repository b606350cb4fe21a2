-- register: saves bindings in memory, no authentication.
local options, registrar = require "viaduct.options", require "viaduct.registrar"

function on_request(req)
  if req.method == "REGISTER" then return registrar.save(req) end
  return options.answer(req) or 404
end
