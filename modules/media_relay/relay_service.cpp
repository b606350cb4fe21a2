// relay_service: see relay_service.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "relay_service.hpp"

namespace viaduct::media_relay {
namespace {

// Brings an outcome back to the worker that waits for it.
template <class Outcome>
class WayBack {
public:
    WayBack(Workers& workers, Completion<Outcome> done)
        : workers_{&workers}, worker_{workers.current()}, work_{workers.outstanding_work()}, done_{std::move(done)} {}

    void operator()(Outcome outcome) {
        workers_->post(worker_, [done = std::move(done_), outcome = std::move(outcome),
                                 work = std::move(work_)]() mutable { done(std::move(outcome)); });
    }

private:
    Workers* workers_;
    unsigned worker_;
    OutstandingWork work_;
    Completion<Outcome> done_;
};

}  // namespace

void RelayService::exchange(MediaDescription description, Completion<Result<std::string>> rewritten, bool is_offer) {
    Exchange said{.call_id = std::move(description.call_id),
                  .from_tag = std::move(description.from_tag),
                  .to_tag = std::move(description.to_tag),
                  .via_branch = std::move(description.via_branch),
                  .sdp = std::move(description.sdp),
                  .wishes = {}};
    std::size_t unknown = 0;
    said.wishes = wishes_of(description.needs, unknown);
    said.wishes.received_from = description.received_from;
    relay_.counters().unknown_flags.add(unknown);
    const std::string call_id = said.call_id;
    relay_.with(call_id,
                [said = std::move(said), is_offer, back = WayBack<Result<std::string>>{workers_, std::move(rewritten)}](
                    MediaThread& thread) mutable { back(is_offer ? thread.offer(said) : thread.answer(said)); });
}

void RelayService::offer(MediaDescription offer, Completion<Result<std::string>> rewritten) {
    exchange(std::move(offer), std::move(rewritten), true);
}

void RelayService::answer(MediaDescription answer, Completion<Result<std::string>> rewritten) {
    exchange(std::move(answer), std::move(rewritten), false);
}

void RelayService::remove(std::string_view call_id, std::string_view from_tag, std::string_view to_tag,
                          std::string_view via_branch) {
    relay_.with(call_id, [call = std::string{call_id}, from = std::string{from_tag}, to = std::string{to_tag},
                          branch = std::string{via_branch}, delay = relay_.settings().delete_delay](
                             MediaThread& thread) { thread.remove(call, from, to, branch, delay); });
}

void RelayService::query(std::string_view call_id, Completion<Result<MediaCallFigures>> figures) {
    relay_.with(call_id, [id = std::string{call_id}, back = WayBack<Result<MediaCallFigures>>{
                                                         workers_, std::move(figures)}](MediaThread& thread) mutable {
        const Call* call = thread.find(id);
        if (call == nullptr) return back(MediaErrc::unknown_call);
        back(figures_of(*call, thread.now()));
    });
}

void RelayService::list(std::size_t limit, Completion<Result<std::vector<std::string>>> call_ids) {
    relay_.list(limit, [back = WayBack<Result<std::vector<std::string>>>{workers_, std::move(call_ids)}](
                           std::vector<std::string> ids) mutable { back(std::move(ids)); });
}

}  // namespace viaduct::media_relay
