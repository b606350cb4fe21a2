# install: everything but the binaries and modules (which their own folders install) to its place.
#
#   cmake --install build                 /usr/local, configuration in /etc/viaduct
#   DESTDIR=tree cmake --install build    for a package
#
# Under another prefix than /usr and /usr/local the configuration goes below that prefix, so that a user can install without root.
# A configuration or script that is there already is never overwritten.
# SPDX-License-Identifier: Apache-2.0
if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?$")
  set(etcdir /etc/viaduct)
  set(statedir /var/lib/viaduct)
  set(rundir /run/viaduct)
else()
  set(etcdir ${CMAKE_INSTALL_PREFIX}/etc/viaduct)
  set(statedir ${CMAKE_INSTALL_PREFIX}/var/lib/viaduct)
  set(rundir ${CMAKE_INSTALL_PREFIX}/run/viaduct)
endif()
set(bindir ${CMAKE_INSTALL_PREFIX}/bin)

# The shipped configuration runs in the source tree; installed, its paths are these.
function(viaduct_installed_path text_variable from to)
  string(FIND "${${text_variable}}" "${from}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "cmake/install.cmake: etc/viaduct.toml has no ${from}")
  endif()
  string(REPLACE "${from}" "${to}" changed "${${text_variable}}")
  set(${text_variable} "${changed}" PARENT_SCOPE)
endfunction()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/etc/viaduct.toml)
file(READ ${CMAKE_SOURCE_DIR}/etc/viaduct.toml configuration)
viaduct_installed_path(configuration "\"../scripts/main.lua\"" "\"scripts/main.lua\"")
viaduct_installed_path(configuration "\"control.sock\"" "\"${rundir}/control.sock\"")
viaduct_installed_path(configuration "\"viaduct.db\"" "\"${statedir}/viaduct.db\"")
viaduct_installed_path(configuration "\"viaduct.secret\"" "\"${statedir}/viaduct.secret\"")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/install/viaduct.toml CONTENT "${configuration}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/etc/relay.toml)
file(READ ${CMAKE_SOURCE_DIR}/etc/relay.toml relay)
viaduct_installed_path(relay "\"relay.sock\"" "\"${rundir}/relay.sock\"")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/install/relay.toml CONTENT "${relay}" @ONLY)
configure_file(${CMAKE_SOURCE_DIR}/etc/systemd/viaduct.service ${CMAKE_BINARY_DIR}/install/viaduct.service @ONLY)

# What the operator edits: installed once.
function(viaduct_install_once file destination)
  get_filename_component(name ${file} NAME)
  install(CODE "
    if(EXISTS \"\$ENV{DESTDIR}${destination}/${name}\")
      message(STATUS \"Kept: \$ENV{DESTDIR}${destination}/${name}\")
    elseif(EXISTS \"${file}\")
      file(INSTALL DESTINATION \"${destination}\" TYPE FILE FILES \"${file}\")
    endif()")
endfunction()
viaduct_install_once(${CMAKE_BINARY_DIR}/install/viaduct.toml ${etcdir})
viaduct_install_once(${CMAKE_BINARY_DIR}/install/relay.toml ${etcdir})
viaduct_install_once(${CMAKE_SOURCE_DIR}/scripts/main.lua ${etcdir}/scripts)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/scripts/ DESTINATION share/viaduct/scripts FILES_MATCHING PATTERN "*.lua" PATTERN "*.md")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/db-schema/ DESTINATION share/viaduct/db-schema FILES_MATCHING PATTERN "*.sql" PATTERN "*.md")
install(PROGRAMS ${CMAKE_SOURCE_DIR}/etc/certbot/viaduct-deploy-hook DESTINATION share/viaduct/certbot)
install(FILES ${CMAKE_BINARY_DIR}/install/viaduct.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/etc/systemd/viaduct.sysusers DESTINATION lib/sysusers.d RENAME viaduct.conf)
install(FILES ${CMAKE_SOURCE_DIR}/etc/man/viaduct.8 DESTINATION share/man/man8)
install(FILES ${CMAKE_SOURCE_DIR}/tools/viactl/viactl.1 DESTINATION share/man/man1)

# The web phone needs node to be built, which the server does not: it is installed where tools/build-webphone was run.
install(DIRECTORY ${CMAKE_BINARY_DIR}/webphone DESTINATION share/viaduct OPTIONAL)

set(completions ${CMAKE_BINARY_DIR}/tools/viactl)
install(FILES ${completions}/viactl.bash DESTINATION share/bash-completion/completions RENAME viactl)
install(FILES ${completions}/viactl.zsh DESTINATION share/zsh/vendor-completions RENAME _viactl)
install(FILES ${completions}/viactl.fish DESTINATION share/fish/vendor_completions.d)
