-- load: as register, but nobody is answered before all bindings of the database are in memory.
local options, registrar, timer = require "viaduct.options", require "viaduct.registrar", require "viaduct.timer"

function on_request(req)
  while not registrar.is_loaded() do timer.sleep(0.1) end
  if req.method == "REGISTER" then return registrar.save(req) end
  return options.answer(req) or 404
end
