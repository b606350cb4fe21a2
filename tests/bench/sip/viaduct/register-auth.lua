-- register-auth: digest with credentials loaded at start, then the binding in memory.
local auth, options, registrar = require "viaduct.auth", require "viaduct.options", require "viaduct.registrar"

function on_request(req)
  if req.method ~= "REGISTER" then return options.answer(req) or 404 end
  local user, challenge = auth.verify(req)
  if not user then return challenge end
  return registrar.save(req, user)
end
