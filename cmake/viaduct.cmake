# viaduct: compiler flags, external libraries, and viaduct_module().
# SPDX-License-Identifier: Apache-2.0
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(SOFIA REQUIRED IMPORTED_TARGET sofia-sip-ua)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(MARIADB REQUIRED IMPORTED_TARGET libmariadb)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
# Its -D_FILE_OFFSET_BITS says nothing to its interface, and would forbid the precompiled headers.
set_target_properties(PkgConfig::HIREDIS PROPERTIES INTERFACE_COMPILE_OPTIONS "")
pkg_check_modules(SRTP REQUIRED IMPORTED_TARGET libsrtp2)
# Lua built as C++: lua_error and lua_yield run destructors (see core/script/README.md).
pkg_check_modules(LUA REQUIRED IMPORTED_TARGET lua5.4-c++)

# The many test binaries link in a fraction of the time.
find_program(VIADUCT_MOLD mold)
if(VIADUCT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Flags for our own code; foreign headers are SYSTEM and silent.
add_library(viaduct_flags INTERFACE)
target_compile_options(viaduct_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                       -Wno-missing-field-initializers)
target_compile_definitions(viaduct_flags INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ERROR_CODE_HEADER_ONLY
                           BOOST_ASIO_SEPARATE_COMPILATION SPDLOG_FMT_EXTERNAL)
target_include_directories(viaduct_flags INTERFACE ${CMAKE_SOURCE_DIR}/core/include)
target_link_libraries(viaduct_flags INTERFACE Boost::headers fmt::fmt Threads::Threads)
if(VIADUCT_SANITIZE)
  target_compile_options(viaduct_flags INTERFACE -fsanitize=${VIADUCT_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(viaduct_flags INTERFACE -fsanitize=${VIADUCT_SANITIZE})
  if(VIADUCT_SANITIZE MATCHES thread)
    # GCC warns that fences are not modelled; ours are mutexes and atomics.
    target_compile_options(viaduct_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
if(VIADUCT_FUZZ)
  # Coverage for libFuzzer in all of our code; each target links its main.
  target_compile_options(viaduct_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Others' headers that nearly every file includes, compiled once: two fifths of the compile time. Compiler options must be
# the same where they are used, so there is one set for the core, one for modules and one for tests. Our own headers stay out:
# they change.
set(viaduct_common_headers <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view>
    <unordered_map> <utility> <variant> <vector> <boost/system/error_code.hpp> <boost/system/result.hpp>
    <boost/container/small_vector.hpp> <boost/unordered/unordered_flat_map.hpp>)
function(viaduct_precompiled name)
  if(VIADUCT_PRECOMPILE)
    file(WRITE ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp "")
    add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp)
    target_link_libraries(${name} PRIVATE viaduct_flags)
    target_precompile_headers(${name} PRIVATE ${viaduct_common_headers} ${ARGN})
  endif()
endfunction()
function(viaduct_use_precompiled target name)
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
viaduct_precompiled(precompiled_core <fmt/format.h>)
viaduct_precompiled(precompiled_modules <fmt/format.h>)
if(TARGET precompiled_modules)
  set_target_properties(precompiled_modules PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endif()

# viaduct_layer(NAME [LIBRARIES ...]): one folder of core as a static library.
function(viaduct_layer name)
  cmake_parse_arguments(LAYER "" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(viaduct_${name} STATIC ${sources})
  target_include_directories(viaduct_${name} PRIVATE ${CMAKE_SOURCE_DIR}/core)
  target_link_libraries(viaduct_${name} PUBLIC viaduct_flags PRIVATE ${LAYER_LIBRARIES})
  viaduct_use_precompiled(viaduct_${name} precompiled_core)
  set_property(GLOBAL APPEND PROPERTY VIADUCT_LAYERS viaduct_${name})
endfunction()

# viaduct_link_core(TARGET): the whole core in an executable that loads modules (they find its symbols there).
function(viaduct_link_core target)
  get_property(layers GLOBAL PROPERTY VIADUCT_LAYERS)
  foreach(layer ${layers})
    target_link_libraries(${target} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${layer}>)
  endforeach()
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/core)
  set_target_properties(${target} PROPERTIES ENABLE_EXPORTS ON)
  target_link_options(${target} PRIVATE -rdynamic)
endfunction()

# viaduct_module(NAME [LIBRARIES ...]): a module's whole build file. modules/NAME/*.cpp and modules/NAME/*/*.cpp become NAME.so; the
# plain classes (all but NAME_module.cpp) also become a library that unit tests link. A module with folders includes their headers
# by FOLDER/FILE.
function(viaduct_module name)
  cmake_parse_arguments(MODULE "" "" "LIBRARIES" ${ARGN})
  file(GLOB classes CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB folder_classes CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp)
  list(APPEND classes ${folder_classes})
  list(REMOVE_ITEM classes ${CMAKE_CURRENT_SOURCE_DIR}/${name}_module.cpp)
  if(classes)
    add_library(${name}_classes STATIC ${classes})
    target_link_libraries(${name}_classes PUBLIC viaduct_flags PRIVATE ${MODULE_LIBRARIES})
    set_target_properties(${name}_classes PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    viaduct_use_precompiled(${name}_classes precompiled_modules)
    # GCC 12 looks into std::string when its header is precompiled, and sees overflows that are not there.
    target_compile_options(${name}_classes PRIVATE
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread>)
    if(folder_classes)
      target_include_directories(${name}_classes PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    endif()
    set_property(GLOBAL APPEND PROPERTY VIADUCT_MODULE_CLASSES ${name}_classes)
  endif()
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}_module.cpp)
    message(WARNING "modules/${name} has no ${name}_module.cpp yet: only its classes are built")
    return()
  endif()
  add_library(${name}_module MODULE ${name}_module.cpp)
  if(classes)
    target_link_libraries(${name}_module PRIVATE ${name}_classes)
  endif()
  target_link_libraries(${name}_module PRIVATE viaduct_flags ${MODULE_LIBRARIES})
  set_target_properties(${name}_module PROPERTIES PREFIX "" OUTPUT_NAME ${name} CXX_VISIBILITY_PRESET hidden
                        VISIBILITY_INLINES_HIDDEN ON LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/modules)
  viaduct_use_precompiled(${name}_module precompiled_modules)
  set_property(GLOBAL APPEND PROPERTY VIADUCT_MODULES ${name}_module)
  install(TARGETS ${name}_module LIBRARY DESTINATION lib/viaduct/modules)
endfunction()
