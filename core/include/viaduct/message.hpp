// viaduct/message: one SIP message, indexed but not exploded (RFC 3261 section 7).
//
// A Message keeps the received bytes in a shared buffer and an ordered index of its header fields.
// Values are views: into that buffer, or into the message's own store for what was edited. Copying a
// Message shares the buffer and copies the index, so a branch costs about a kilobyte and no parsing.
// Edits are visible to the next reader at once. Serialising gathers runs of untouched bytes.
//
// Threads: a Message is used by one thread at a time; copies that share a buffer may live on
// different threads. Views are valid until the Message is destroyed (moving it is fine); the view of
// an edited or removed header field stays readable but stale.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/container/small_vector.hpp>

#include <viaduct/header_id.hpp>
#include <viaduct/result.hpp>
#include <viaduct/sip_error.hpp>
#include <viaduct/socket_address.hpp>
#include <viaduct/uri.hpp>

struct iovec;

namespace viaduct {

// Hard limits of what is indexed at all. A breach is an error with its own code and counter.
struct MessageLimits {
    std::size_t bytes = 65535;         // whole message
    std::size_t header_fields = 256;   // lines
    std::size_t header_bytes = 32768;  // start line and header fields together
    std::size_t list_values = 256;     // values in one comma-separated header field
};

// The value of a Via header field (RFC 3261 section 20.42, RFC 3581). Views into the message.
struct Via {
    std::string_view text;        // this one value, whole
    std::string_view transport;   // "UDP" as written
    std::string_view host;        // sent-by; IPv6 with brackets
    std::uint16_t port = 0;       // 0: absent
    std::string_view branch;      // "" when absent
    std::string_view received;    // "" when absent
    std::string_view maddr;       // "" when absent
    std::string_view parameters;  // after the first ';'
    std::uint16_t rport_value = 0;
    bool has_rport = false;

    bool has_magic_cookie() const { return branch.starts_with("z9hG4bK"); }  // section 8.1.1.7
};

struct CSeq {
    std::uint32_t number = 0;
    Method method = Method::other;
    std::string_view method_text;
};

// From, To, Contact, Route, Record-Route, Path values (RFC 3261 section 20.10). Views into the message.
struct NameAddress {
    std::string_view text;          // this one value, whole
    std::string_view display_name;  // quotes removed, escapes as received
    std::string_view uri;           // without <>
    std::string_view parameters;    // header field parameters, after the first ';'

    // "" for a flag, nullopt when absent. Names compare case-insensitively.
    std::optional<std::string_view> parameter(std::string_view name) const;
    std::string_view tag() const { return parameter("tag").value_or(std::string_view{}); }
    // Errors: SipErrc::bad_address.
    static Result<NameAddress> parse(std::string_view value);
};

struct HeaderField {
    HeaderId id = HeaderId::other;
    bool own = false;        // edited: not part of the received bytes
    std::string_view name;   // as written (maybe compact)
    std::string_view value;  // without surrounding white space; folding kept as received
    std::string_view line;   // the whole field with CRLF when received, empty when own
};

// Shared, immutable bytes of one received message.
using MessageBuffer = std::shared_ptr<const std::string>;

class Message {
public:
    using HeaderFields = std::vector<HeaderField>;  // a message changes hands often: moving it must be cheap

    Message() = default;  // empty: neither request nor response
    Message(const Message&);
    Message(Message&&) noexcept;
    Message& operator=(const Message&);
    Message& operator=(Message&&) noexcept;
    ~Message();

    // Indexes one whole message. The body is what Content-Length says, what follows is ignored (RFC 3261 section 18.3).
    // Fails only when there is nothing to answer to: not_sip, incomplete, too_large, headers_too_large,
    // too_many_headers. Every other fault, a Content-Length beyond the bytes included, is kept for check().
    static Result<Message> parse(std::string bytes, const MessageLimits& limits = {});
    static Message request(Method method, const Uri& request_uri);
    static Message request(std::string_view method, std::string_view request_uri);
    static Message response(int status, std::string_view reason = {});
    // A response to `request` with its Via, From, To, Call-ID and CSeq copied (RFC 3261 section 8.2.6.2), and
    // `to_tag` added to To when the status is above 100 and there was none.
    static Message response_to(const Message& request, int status, std::string_view reason, std::string_view to_tag);

    bool is_request() const { return kind_ == Kind::request; }
    bool is_response() const { return kind_ == Kind::response; }
    explicit operator bool() const { return kind_ != Kind::none; }

    // -- start line
    Method method() const { return method_; }  // of a response: CSeq's
    std::string_view method_text() const { return method_text_; }
    std::string_view request_uri_text() const { return request_uri_; }
    Result<Uri> request_uri() const;
    void set_request_uri(std::string_view uri);
    int status() const { return status_; }
    std::string_view reason() const { return reason_; }
    void set_status(int status, std::string_view reason);

    // -- header fields, in order
    const HeaderFields& header_fields() const { return fields_; }
    std::size_t count(HeaderId id) const;
    // First value line of that name; nullopt when absent. Long, compact and any case name the same field.
    std::optional<std::string_view> header(HeaderId id) const;
    std::optional<std::string_view> header(std::string_view name) const;
    bool has(HeaderId id) const;
    // Every value of a comma-separated field, over all its lines, in order. Views; quotes and <> are respected.
    std::vector<std::string_view> values(HeaderId id) const;
    std::vector<std::string_view> values(std::string_view name) const;
    // Option tags of Require, Proxy-Require, Supported, ...: case-insensitive membership.
    bool lists(HeaderId id, std::string_view token) const;

    void append(HeaderId id, std::string_view value);  // after the last of that name, else at the end
    void append(std::string_view name, std::string_view value);
    void prepend(HeaderId id, std::string_view value);  // as a line before the first of that name, else on top
    void set(HeaderId id, std::string_view value);      // replaces all lines of that name by one
    void set(std::string_view name, std::string_view value);
    std::size_t remove(HeaderId id);  // all lines; how many went
    std::size_t remove(std::string_view name);
    // Takes away the first value of a list header field, leaving the others on their line.
    void remove_first_value(HeaderId id);
    void replace_first_value(HeaderId id, std::string_view value);
    void remove_last_value(HeaderId id);
    // Removes the values for which `matches` is true; how many went.
    std::size_t remove_values(HeaderId id, bool (*matches)(std::string_view value, void* context), void* context);

    // -- what a proxy reads; parsed at first use, kept until the field is edited
    Result<Via> top_via() const;
    Result<CSeq> cseq() const;
    std::string_view call_id() const;   // "" when absent
    std::string_view from_tag() const;  // "" when absent or unreadable
    std::string_view to_tag() const;
    Result<NameAddress> from() const;
    Result<NameAddress> to() const;
    std::optional<NameAddress> top_route() const;  // nullopt when absent or unreadable
    std::optional<unsigned> max_forwards() const;  // nullopt when absent or unreadable
    std::optional<std::uint32_t> expires() const;  // delta-seconds; nullopt when absent or unreadable

    // -- body
    std::string_view body() const { return body_; }
    std::string_view content_type() const;
    void set_body(std::string_view content_type, std::string_view body);  // "" and "" removes it
    // Content-Length is written by the serialiser; header(HeaderId::content_length) is what was received.

    // Is it a message a proxy may act on? Mandatory header fields present once and readable, CSeq method equals
    // the request's, version 2.0, numbers in range, Content-Length true (RFC 3261 sections 8.1.1, 16.3 step 1).
    // ok: success. Otherwise the first fault found; fault_status() maps it to an answer.
    error_code check() const;

    // -- output
    // Appends the message as pieces of memory owned by this Message (valid until the next edit). Returns its length.
    std::size_t gather(boost::container::small_vector_base<iovec>& pieces) const;
    std::string text() const;
    std::size_t size() const;  // bytes text() would have
    // Length of the bytes as received; 0 for a message made here.
    std::size_t received_size() const { return received_size_; }

private:
    enum class Kind : std::uint8_t { none, request, response };
    class Indexer;

    // The text of edits: chunks that never move. A copy shares what was written so far and writes into chunks of its
    // own.
    class OwnText {
    public:
        OwnText() = default;
        OwnText(const OwnText& other);
        OwnText(OwnText&& other) noexcept { swap(other); }
        OwnText& operator=(OwnText other) noexcept {
            swap(other);
            return *this;
        }
        ~OwnText();
        // Uninitialised room for `size` characters that stays readable as long as this, or a later copy, lives.
        char* room(std::size_t size);

    private:
        struct Chunk;
        void swap(OwnText& other) noexcept;
        static void release(Chunk* chunk);

        Chunk* newest_ = nullptr;
        char* free_ = nullptr;
        std::size_t left_ = 0;
    };

    HeaderField own_field(HeaderId id, std::string_view name, std::string_view value);
    void insert(std::size_t at, HeaderId id, std::string_view name, std::string_view value);
    void compose_start_line(std::string_view first, std::string_view second, std::string_view third);
    template <class Matches>
    std::size_t find(Matches matches) const;
    template <class Matches>
    void set_where(HeaderId id, std::string_view name, std::string_view value, Matches matches);
    template <class Matches>
    std::size_t remove_where(Matches matches);
    void edited(HeaderId id);
    std::string_view length_line() const;
    template <class Each>
    void for_each_piece(Each each) const;
    error_code check_start_line() const;
    error_code check_fields() const;

    MessageBuffer buffer_;
    mutable OwnText own_;
    HeaderFields fields_;
    std::string_view method_text_, request_uri_, reason_, start_line_;
    std::string_view body_;                 // two octets before it is the CRLF that ends the header section
    mutable std::string_view length_line_;  // the Content-Length line made for this body, once needed
    mutable std::optional<Via> via_;
    mutable std::optional<CSeq> cseq_;
    mutable std::optional<std::string_view> from_tag_, to_tag_;
    std::uint32_t received_size_ = 0;
    std::uint32_t list_values_ = MessageLimits{}.list_values;
    SipErrc fault_{};  // first fault met while indexing; check() reports it
    std::uint16_t status_ = 0;
    Kind kind_ = Kind::none;
    Method method_ = Method::other;
};

// The answer that says what is wrong: 400, 416, 505, 513, ... (RFC 3261 section 21.4).
int fault_status(error_code fault);
std::string_view fault_reason(error_code fault);
// The standard reason phrase of a status code, "" when there is none.
std::string_view default_reason(int status);

}  // namespace viaduct
