-- full: digest, registrar, and calls looked up among the registered phones, relayed with Record-Route.
local auth, options, registrar = require "viaduct.auth", require "viaduct.options", require "viaduct.registrar"

function on_request(req)
  if req.in_dialog then return req:relay() end
  local answer = options.answer(req)
  if answer then return answer end

  local user, challenge = auth.verify(req)
  if not user then return challenge end
  if req.method == "REGISTER" then return registrar.save(req, user) end
  auth.consume(req)

  if not req.uri:is_local() then return req:relay() end
  local contacts = registrar.lookup(req.uri)
  if #contacts == 0 then return 404 end
  return req:relay(contacts)
end
