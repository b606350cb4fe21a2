// sofia_oracle: see sofia_oracle.hpp.
//
// Traps: the list of unreadable header fields is heterogeneous, so it is only tested for being there; MSG_IS_COMPLETE
// wants the message's public face.
// SPDX-License-Identifier: Apache-2.0
#include "sip/sofia_oracle.hpp"

#include <memory>

#include <sofia-sip/msg.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>

namespace viaduct::sip {

namespace {

struct DestroyMessage {
    void operator()(msg_t* message) const { msg_destroy(message); }
};

std::optional<std::string> text(const char* from) {
    return from == nullptr ? std::nullopt : std::optional<std::string>{from};
}

void read_fields(const sip_t& sip, OracleReading& reading) {
    if (sip.sip_via != nullptr) reading.via_branch = text(sip.sip_via->v_branch);
    if (sip.sip_call_id != nullptr) reading.call_id = text(sip.sip_call_id->i_id);
    if (sip.sip_cseq != nullptr) {
        reading.cseq = sip.sip_cseq->cs_seq;
        reading.cseq_method = text(sip.sip_cseq->cs_method_name);
    }
    if (sip.sip_from != nullptr) reading.from_tag = text(sip.sip_from->a_tag);
    if (sip.sip_to != nullptr) reading.to_tag = text(sip.sip_to->a_tag);
    if (sip.sip_max_forwards != nullptr) reading.max_forwards = sip.sip_max_forwards->mf_count;
    if (sip.sip_content_length != nullptr) reading.content_length = sip.sip_content_length->l_length;
    if (sip.sip_payload != nullptr && sip.sip_payload->pl_data != nullptr)
        reading.body.assign(sip.sip_payload->pl_data, sip.sip_payload->pl_len);
}

}  // namespace

OracleReading sofia_read(std::string_view bytes) {
    OracleReading reading;
    const std::unique_ptr<msg_t, DestroyMessage> message{
        msg_make(sip_default_mclass(), 0, bytes.data(), static_cast<ssize_t>(bytes.size()))};
    if (!message) return reading;
    const sip_t* const sip = sip_object(message.get());
    if (sip == nullptr || (sip->sip_request == nullptr && sip->sip_status == nullptr)) return reading;
    const auto flags = sip->sip_flags;
    reading.accepted = MSG_HAS_COMPLETE(flags) && !MSG_HAS_ERROR(flags) && sip->sip_error == nullptr;
    reading.is_request = sip->sip_request != nullptr;
    if (reading.is_request) {
        reading.method = sip->sip_request->rq_method_name;
    } else {
        reading.status = sip->sip_status->st_status;
    }
    read_fields(*sip, reading);
    return reading;
}

}  // namespace viaduct::sip
