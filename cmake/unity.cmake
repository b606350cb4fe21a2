# unity: with VIADUCT_UNITY several files of a target are compiled as one, which builds everything from nothing in less than half the
# time, and a single changed file in more. For builds that are made once: tools/quickstart, tools/test.
#
# These stay by themselves: what they keep in their anonymous namespace has a namesake in another file of their folder.
# A function there that merely overloads another file's is not found so: the compiler may choose it. Give such helpers names of their own.
# SPDX-License-Identifier: Apache-2.0
set(CMAKE_UNITY_BUILD ON)
# Meant for headers: GCC takes a file that is included for one.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
set(viaduct_alone
    ${CMAKE_SOURCE_DIR}/core/base/timer_wheel.cpp
    ${CMAKE_SOURCE_DIR}/core/script/flow_object.cpp
    ${CMAKE_SOURCE_DIR}/core/script/request_methods.cpp
    ${CMAKE_SOURCE_DIR}/core/script/request_object.cpp
    ${CMAKE_SOURCE_DIR}/core/script/response_object.cpp
    ${CMAKE_SOURCE_DIR}/core/script/server_module.cpp
    ${CMAKE_SOURCE_DIR}/core/script/shared_module.cpp
    ${CMAKE_SOURCE_DIR}/core/script/target_object.cpp
    ${CMAKE_SOURCE_DIR}/core/script/test_object.cpp
    ${CMAKE_SOURCE_DIR}/core/script/test_phone_object.cpp
    ${CMAKE_SOURCE_DIR}/core/script/timer_module.cpp
    ${CMAKE_SOURCE_DIR}/core/script/uri_object.cpp
    ${CMAKE_SOURCE_DIR}/core/stack/matching.cpp
    ${CMAKE_SOURCE_DIR}/modules/auth/credentials.cpp
    ${CMAKE_SOURCE_DIR}/modules/http/request_head.cpp
    ${CMAKE_SOURCE_DIR}/modules/media_relay/ice/stun_message.cpp
    ${CMAKE_SOURCE_DIR}/modules/media_relay/packet/rtcp_packets.cpp
    ${CMAKE_SOURCE_DIR}/modules/media_relay/sdp/codecs.cpp
    ${CMAKE_SOURCE_DIR}/modules/media_relay/security/srtp_cipher.cpp
    ${CMAKE_SOURCE_DIR}/modules/registrar/packed_binding.cpp
    ${CMAKE_SOURCE_DIR}/modules/registrar/register_request.cpp
    ${CMAKE_SOURCE_DIR}/modules/tls/handshake.cpp
    ${CMAKE_SOURCE_DIR}/tests/flow/nat_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/flow/tables_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/flow/torture_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/auth/nonces_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/auth/subscribers_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/db_mariadb/sql_text_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/db_sqlite/survival_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/media_relay/ice_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/nat/nat_module_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/proxy/late_success_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/proxy/routing_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/registrar/registrar_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/script/sandbox_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/server/worker_pool_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/transaction/invite_server_transaction_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/transaction/non_invite_client_transaction_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/transaction/non_invite_server_transaction_test.cpp
    ${CMAKE_SOURCE_DIR}/tests/unit/transport/hand_over_test.cpp
    ${CMAKE_SOURCE_DIR}/tools/viactl/group_commands.cpp
    ${CMAKE_SOURCE_DIR}/tools/viactl/kamctlrc.cpp
    ${CMAKE_SOURCE_DIR}/tools/viactl/server_commands.cpp
    ${CMAKE_SOURCE_DIR}/tools/viactl/subscriber_commands.cpp
    ${CMAKE_SOURCE_DIR}/tools/viactl/tls_commands.cpp)

# Once the folders are known: a source's properties belong to the folder that compiles it.
function(viaduct_keep_alone)
  set(folders core modules/auth modules/http modules/media_relay modules/registrar modules/tls tools/viactl)
  if(VIADUCT_TESTS OR VIADUCT_FUZZ)
    list(APPEND folders tests)
  endif()
  foreach(folder ${folders})
    set_source_files_properties(${viaduct_alone} DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()
