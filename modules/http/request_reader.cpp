// request_reader: see request_reader.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "request_reader.hpp"

#include <algorithm>

#include "http_text.hpp"

namespace viaduct::http {
namespace {

constexpr unsigned kEmptyLines = 2;           // before a request line (section 2.2)
constexpr std::size_t kChunkLineBytes = 256;  // size and extensions
constexpr std::size_t kTrailerBytes = 4096;   // read, not used
constexpr std::size_t kChunkSizeDigits = 8;

}  // namespace

RequestReader::Event RequestReader::refuse(Refusal refusal) {
    refusal_ = refusal;
    state_ = State::refused;
    return Event::refused;
}

RequestReader::Event RequestReader::take(std::string_view& bytes) {
    for (;;) {
        const State before = state_;
        Event event = Event::need_more;
        switch (state_) {
            case State::head: event = take_head(bytes); break;
            case State::sized_body: event = take_sized(bytes); break;
            case State::chunk_size: event = take_chunk_size(bytes); break;
            case State::chunk_data:
                take_data(bytes);
                if (left_ == 0) state_ = State::chunk_end;
                break;
            case State::chunk_end:
                if (!take_line(bytes, 2, {400, "bad_chunk"})) break;
                if (text_.size() != 2) return refuse({400, "bad_chunk"});
                text_.clear();
                state_ = State::chunk_size;
                break;
            case State::trailer: event = take_trailer(bytes); break;
            case State::complete: return Event::complete;
            case State::refused: return Event::refused;
        }
        if (state_ == State::refused) return Event::refused;
        if (event != Event::need_more || state_ == before) return event;
    }
}

void RequestReader::restart() {
    head_ = {};
    body_ = {};
    state_ = State::head;
    empty_lines_ = 0;
}

// A CR stands before an LF and nowhere else, an LF behind a CR (section 2.2).
bool RequestReader::take_line(std::string_view& bytes, std::size_t limit, Refusal too_long) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i];
        const bool after_cr = !text_.empty() && text_.back() == '\r' && text_.size() > line_;
        if ((c == '\n') != after_cr) {
            refuse({400, "bare_line_end"});
            return false;
        }
        text_ += c;
        if (c == '\n') {
            bytes.remove_prefix(i + 1);
            return true;
        }
        if (text_.size() - line_ > limit) {
            refuse(too_long);
            return false;
        }
    }
    bytes = {};
    return false;
}

RequestReader::Event RequestReader::take_head(std::string_view& bytes) {
    for (;;) {
        const bool first = line_ == 0;
        const std::size_t room = limits_.header_bytes - std::min(limits_.header_bytes, line_);
        const bool line_counts = first && limits_.line_bytes < room;
        const Refusal too_long = line_counts ? Refusal{414, "request_line_size"} : Refusal{431, "header_size"};
        if (!take_line(bytes, line_counts ? limits_.line_bytes : room, too_long)) return Event::need_more;
        if (text_.size() - line_ > 2) {
            line_ = text_.size();
        } else if (!first) {
            return end_head();
        } else if (++empty_lines_ > kEmptyLines) {
            return refuse({400, "bad_request_line"});
        } else {
            text_.clear();
        }
    }
}

RequestReader::Event RequestReader::end_head() {
    const auto fault = parse_head(std::string_view{text_}.substr(0, line_), limits_, head_);
    text_ = {};
    line_ = 0;
    if (fault) return refuse(*fault);
    left_ = head_.content_length;
    state_ = head_.chunked ? State::chunk_size : State::sized_body;
    return Event::head;
}

void RequestReader::take_data(std::string_view& bytes) {
    const auto part = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    body_.append(part);
    left_ -= part.size();
    bytes.remove_prefix(part.size());
}

RequestReader::Event RequestReader::take_sized(std::string_view& bytes) {
    take_data(bytes);
    if (left_ != 0) return Event::need_more;
    state_ = State::complete;
    return Event::complete;
}

// chunk-size [ chunk-ext ] CRLF (section 7.1). Extensions are not used.
RequestReader::Event RequestReader::take_chunk_size(std::string_view& bytes) {
    if (!take_line(bytes, kChunkLineBytes, {400, "bad_chunk"})) return Event::need_more;
    std::size_t digits = 0;
    left_ = 0;
    for (; digits < text_.size() && hex_digit(text_[digits]) >= 0; ++digits) {
        if (digits == kChunkSizeDigits) return refuse({413, "body_size"});
        left_ = left_ * 16 + static_cast<std::uint64_t>(hex_digit(text_[digits]));
    }
    const char behind = text_[text_.find_first_not_of(" \t", digits)];  // at the latest the CR
    if (digits == 0 || (behind != ';' && behind != '\r')) return refuse({400, "bad_chunk"});
    text_.clear();
    if (left_ > limits_.body_bytes - std::min<std::uint64_t>(limits_.body_bytes, body_.size()))
        return refuse({413, "body_size"});
    state_ = left_ == 0 ? State::trailer : State::chunk_data;
    if (left_ == 0) left_ = kTrailerBytes;
    return Event::need_more;
}

RequestReader::Event RequestReader::take_trailer(std::string_view& bytes) {
    while (take_line(bytes, static_cast<std::size_t>(left_), {431, "header_size"})) {
        const bool last = text_.size() == 2;
        left_ -= std::min<std::uint64_t>(left_, text_.size());
        text_.clear();
        if (!last) continue;
        state_ = State::complete;
        return Event::complete;
    }
    return Event::need_more;
}

}  // namespace viaduct::http
