// own_values: what this server writes about itself, per listener: Via (RFC 3261 section 16.6 step 8) and Record-Route
// (step 4), and how it reads its own Route values again (section 16.4).
//
// The constant parts are put together once per listener. Lives on its worker; used after the TransportLayer started.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <viaduct/flow.hpp>
#include <viaduct/uri.hpp>

#include "proxy/dialog_marks.hpp"
#include "proxy/flow_tokens.hpp"
#include "transport/transport_layer.hpp"

namespace viaduct::proxy {

// One side of a dialog as a Record-Route value names it.
struct RecordRouteSide {
    std::uint16_t listener = 0;
    Transport transport = Transport::udp;
    std::optional<Flow> flow;  // the only way to the peer on that side
};

class OwnValues {
public:
    // `secret` outlives the process, as dialogs and registrations do; what `process_secret` guards does not.
    OwnValues(const transport::TransportLayer& transport, std::uint64_t secret, std::uint64_t process_secret);

    // The views are valid until the next call.
    std::string_view via(std::uint16_t listener, Transport transport, std::string_view branch);
    // `mark` of the dialog. `pair`: one of two values that this server put in for one request.
    std::string_view record_route(const RecordRouteSide& side, bool sips, bool pair, std::string_view mark);
    // `through` with a token: who sends along it reaches that flow by us (RFC 3327). `through` has no user part.
    std::string path(const Flow& flow, const Uri& through) const;
    const DialogMarks& dialog_marks() const { return marks_; }
    // The request comes along the Record-Route of its dialog; nothing of its route information was taken away yet.
    bool is_within_dialog(const Message& request) const;

    // What a Route value of ours says: which listener, and whose flow.
    struct OwnRoute {
        std::optional<std::uint16_t> listener;
        std::optional<Flow> flow;
        bool is_path = false;  // path() made it
    };
    OwnRoute read_route(const Uri& uri);
    // Did this server put that URI into a Record-Route? Such a one is no user's address (section 16.4).
    bool is_own_record_route(const Uri& uri) const;

private:
    struct Texts {
        std::string sent_by, via;  // "SIP/2.0/UDP 192.0.2.1:5060;branch="
        std::string parameters;    // ";transport=tcp;lr"
    };
    // One port may speak several transports: TLS and, behind HTTP, WebSocket.
    const Texts& texts(std::uint16_t listener, Transport transport);

    const transport::TransportLayer& transport_;
    FlowTokens tokens_;
    DialogMarks marks_;
    std::vector<std::array<Texts, 5>> texts_;  // by listener and transport
    std::string text_;
};

}  // namespace viaduct::proxy
