// stream_bio: see stream_bio.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "stream_bio.hpp"

#include <algorithm>
#include <new>

namespace viaduct::tls {
namespace {

StreamEnds& ends_of(BIO* bio) { return *static_cast<StreamEnds*>(BIO_get_data(bio)); }

int read_ex(BIO* bio, char* data, std::size_t size, std::size_t* done) {
    BIO_clear_retry_flags(bio);
    std::string_view& input = ends_of(bio).input;
    *done = std::min(size, input.size());
    if (*done == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::copy_n(input.data(), *done, data);
    input.remove_prefix(*done);
    return 1;
}

int write_ex(BIO* bio, const char* data, std::size_t size, std::size_t* done) {
    BIO_clear_retry_flags(bio);
    std::string* output = ends_of(bio).output;
    *done = 0;
    if (output == nullptr) return 0;
    try {  // called from C
        output->append(data, size);
    } catch (const std::bad_alloc&) {
        return 0;
    }
    *done = size;
    return 1;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream");
    BIO_meth_set_read_ex(method, read_ex);
    BIO_meth_set_write_ex(method, write_ex);
    BIO_meth_set_ctrl(method, control);
    return method;
}

}  // namespace

BioPtr make_stream_bio(StreamEnds& ends) {
    static const std::unique_ptr<BIO_METHOD, FreeBy<BIO_meth_free>> method{make_method()};
    BioPtr bio{BIO_new(method.get())};
    if (!bio) return bio;
    BIO_set_data(bio.get(), &ends);
    BIO_set_init(bio.get(), 1);
    return bio;
}

}  // namespace viaduct::tls
