// relay_service: the relay of this process as MediaService, for the SIP workers.
//
// Each call goes to its media thread by message, and comes back to the worker that asked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <viaduct/media_service.hpp>
#include <viaduct/workers.hpp>

#include "relay/relay.hpp"

namespace viaduct::media_relay {

class RelayService final : public MediaService {
public:
    RelayService(Relay& relay, Workers& workers) : relay_{relay}, workers_{workers} {}

    void offer(MediaDescription offer, Completion<Result<std::string>> rewritten) override;
    void answer(MediaDescription answer, Completion<Result<std::string>> rewritten) override;
    void remove(std::string_view call_id, std::string_view from_tag, std::string_view to_tag,
                std::string_view via_branch) override;
    void query(std::string_view call_id, Completion<Result<MediaCallFigures>> figures) override;
    void list(std::size_t limit, Completion<Result<std::vector<std::string>>> call_ids) override;

private:
    void exchange(MediaDescription description, Completion<Result<std::string>> rewritten, bool is_offer);

    Relay& relay_;
    Workers& workers_;
};

}  // namespace viaduct::media_relay
