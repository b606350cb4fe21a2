# profile: a server laid out by what it does most (tools/release makes one). VIADUCT_PROFILE=record builds a server that writes
# what ran how often to the build folder when it ends; VIADUCT_PROFILE=use, in the same folder, builds one with these notes and optimised
# across files. What the notes do not know is built as ever.
# SPDX-License-Identifier: Apache-2.0
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  message(FATAL_ERROR "VIADUCT_PROFILE is made with GCC")
endif()
set(viaduct_notes ${CMAKE_BINARY_DIR}/profile)
# With other inlining GCC sees other uses of uninitialised values, which are not there.
set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
add_compile_options(-Wno-maybe-uninitialized)
if(VIADUCT_PROFILE STREQUAL "record")
  add_compile_options(-fprofile-generate -fprofile-update=prefer-atomic -fprofile-dir=${viaduct_notes})
  add_link_options(-fprofile-generate)
elseif(VIADUCT_PROFILE STREQUAL "use")
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  # Threads count without locks, so that sums may be off by a few: -fprofile-correction.
  add_compile_options(-fprofile-use=${viaduct_notes} -fprofile-partial-training -fprofile-correction -Wno-missing-profile -fno-plt)
else()
  message(FATAL_ERROR "VIADUCT_PROFILE is record or use, not ${VIADUCT_PROFILE}")
endif()
