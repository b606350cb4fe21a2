// request_reader: cuts the bytes of a connection into requests (RFC 9112 sections 2, 6, 7.1).
//
// Bytes may come in any pieces; the outcome is the same. Holds at most one head or one body, both limited. After
// `refused` the connection is of no further use.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "request_head.hpp"

namespace viaduct::http {

class RequestReader {
public:
    enum class Event { need_more, head, complete, refused };

    explicit RequestReader(const RequestLimits& limits) : limits_{limits} {}

    // Takes from the front of `bytes` up to the next event: the head was read, then the whole request is complete.
    Event take(std::string_view& bytes);
    // After `complete`: the next request.
    void restart();

    bool begun() const { return state_ != State::head || !text_.empty(); }
    RequestHead& head() { return head_; }
    std::string& body() { return body_; }
    const Refusal& refusal() const { return refusal_; }

private:
    enum class State { head, sized_body, chunk_size, chunk_data, chunk_end, trailer, complete, refused };

    Event take_head(std::string_view& bytes);
    Event take_sized(std::string_view& bytes);
    Event take_chunk_size(std::string_view& bytes);
    Event take_trailer(std::string_view& bytes);
    // Moves bytes to `text_` up to and with a line's end. False: it is not there yet, or refused.
    bool take_line(std::string_view& bytes, std::size_t limit, Refusal too_long);
    void take_data(std::string_view& bytes);
    Event end_head();
    Event refuse(Refusal refusal);

    const RequestLimits& limits_;
    RequestHead head_;
    std::string body_;
    std::string text_;        // the head, or a line of the chunked coding
    std::size_t line_ = 0;    // where in it the last line begins
    std::uint64_t left_ = 0;  // of the body or chunk; of the trailer's limit
    unsigned empty_lines_ = 0;
    State state_ = State::head;
    Refusal refusal_{};
};

}  // namespace viaduct::http
