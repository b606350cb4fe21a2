// register_decision: see register_decision.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "register_decision.hpp"

#include <algorithm>

namespace viaduct::registrar {

namespace {

// A binding of the address of record while the request is being worked through.
struct Draft {
    Binding binding;
    bool touched = false;  // by this request
    bool removed = false;
    bool repeated = false;  // it asks once more for what was done
};

constexpr std::chrono::seconds kRepeats{32};  // 64*T1: as long as a phone repeats a request (section 17.1.2.2)

RegisterDecision refuse(int status, std::string reason, const char* why) {
    RegisterDecision decision;
    decision.refusal = Refusal{Response{status, std::move(reason)}, why};
    return decision;
}

// The same REGISTER again, because its 200 was lost: no transaction stays behind that would know it.
bool is_repeated(const RegisterRequest& request, const Binding& binding, std::uint32_t expires, WallTime now) {
    return expires != 0 && binding.call_id == request.call_id && binding.cseq == request.cseq &&
           now - binding.last_modified < kRepeats;
}

// Step 7: the order of one phone's requests is told by CSeq within its Call-ID.
bool is_out_of_order(const RegisterRequest& request, const Binding& binding) {
    return binding.call_id == request.call_id && request.cseq <= binding.cseq;
}

RegisterDecision refuse_order() { return refuse(500, "CSeq Out Of Order", "cseq_out_of_order"); }
RegisterDecision refuse_number() { return refuse(403, "Too Many Contacts", "too_many_contacts"); }

std::uint32_t asked_expires(const RegisterContact& contact, const RegisterRequest& request,
                            const RegisterPolicy& policy) {
    return contact.expires.value_or(request.expires.value_or(policy.default_expires));
}

bool is_same_binding(const RegisterContact& contact, const Draft& draft) {
    const Binding& binding = draft.binding;
    // RFC 5626 section 6: instance and reg-id name the binding, whatever its URI.
    if (contact.reg_id != 0) return binding.reg_id == contact.reg_id && binding.target.instance == contact.instance;
    if (binding.reg_id != 0) return false;
    if (contact.uri.equivalent(binding.target.uri)) return true;
    // A phone that moved: same instance, another URI. Two contacts of one request are two bindings all the same.
    return !draft.touched && !contact.instance.empty() && binding.target.instance == contact.instance;
}

void write_binding(Binding& binding, const RegisterContact& contact, const RegisterRequest& request) {
    binding.address_of_record = request.address_of_record;
    binding.call_id = request.call_id;
    binding.cseq = request.cseq;
    binding.user_agent = request.user_agent;
    binding.methods = request.methods;
    binding.reg_id = contact.reg_id;
    binding.behind_nat = contact.behind_nat;
    Target& target = binding.target;
    target.uri = contact.uri;
    target.q = contact.q;
    target.instance = contact.instance;
    target.route = request.path;
    target.flow.reset();
    target.received.reset();
    binding.node = 0;
    binding.node_path.clear();
    if (!request.path.empty()) return;  // reached through the proxies that put themselves there
    if (is_stream(request.flow.transport) || contact.behind_nat || contact.reg_id != 0) {
        target.flow = request.flow;
        target.received = request.flow.remote;
        binding.node = request.node;
        binding.node_path = request.node_path;
    }
}

// Applies one contact to the drafts. False: out of order.
bool apply_contact(const RegisterContact& contact, const RegisterRequest& request, std::uint32_t expires, WallTime now,
                   std::vector<Draft>& drafts) {
    Draft* kept = nullptr;
    for (Draft& draft : drafts) {
        if (draft.removed || draft.repeated || !is_same_binding(contact, draft)) continue;
        if (!draft.touched && is_repeated(request, draft.binding, expires, now)) {
            draft.repeated = true;
            return true;
        }
        if (!draft.touched && is_out_of_order(request, draft.binding)) return false;
        draft.touched = true;
        draft.removed =
            expires == 0 || kept != nullptr;  // of several that this contact replaces, the first keeps its id
        if (!draft.removed) kept = &draft;
    }
    if (expires == 0) return true;
    if (kept == nullptr) {
        kept = &drafts.emplace_back();
        kept->touched = true;
    }
    write_binding(kept->binding, contact, request);
    kept->binding.expires = now + std::chrono::seconds{expires};
    kept->binding.last_modified = now;
    return true;
}

RegisterDecision remove_all(const RegisterRequest& request, const std::vector<Binding>& present) {
    RegisterDecision decision;
    for (const Binding& binding : present) {
        if (is_out_of_order(request, binding)) return refuse_order();
        decision.removed.push_back(binding.id);
    }
    return decision;
}

RegisterDecision collect(std::vector<Draft>& drafts) {
    RegisterDecision decision;
    for (Draft& draft : drafts) {
        if (!draft.touched) continue;
        if (!draft.removed) {
            decision.put.push_back(std::move(draft.binding));
        } else if (!draft.binding.id.empty()) {
            decision.removed.push_back(std::move(draft.binding.id));
        }
    }
    return decision;
}

}  // namespace

RegisterDecision decide(const RegisterRequest& request, const std::vector<Binding>& present,
                        const RegisterPolicy& policy, WallTime now) {
    if (request.wildcard) return remove_all(request, present);
    std::vector<Draft> drafts;
    for (const Binding& binding : present) drafts.push_back({binding, false, false});
    for (const RegisterContact& contact : request.contacts) {
        const std::uint32_t asked = asked_expires(contact, request, policy);
        if (asked != 0 && asked < policy.min_expires) {
            RegisterDecision decision = refuse(423, "", "interval_too_brief");
            decision.refusal->response.with("Min-Expires", std::to_string(policy.min_expires));
            return decision;
        }
        if (!apply_contact(contact, request, std::min(asked, policy.max_expires), now, drafts)) return refuse_order();
        // Now, not at the end: each is compared with all before it, and a message has room for thousands.
        if (drafts.size() > present.size() + policy.max_contacts) return refuse_number();
    }
    const auto left = static_cast<std::size_t>(
        std::count_if(drafts.begin(), drafts.end(), [](const Draft& d) { return !d.removed; }));
    if (left > policy.max_contacts && left > present.size()) return refuse_number();
    RegisterDecision decision = collect(drafts);
    const bool repeated = std::any_of(drafts.begin(), drafts.end(), [](const Draft& d) { return d.repeated; });
    if (repeated && decision.changes_anything()) return refuse_order();  // the same number, another request
    return decision;
}

}  // namespace viaduct::registrar
