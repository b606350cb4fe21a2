// export_command: all subscribers as a file that import reads. It holds what logs them in, so only its owner may read
// it.
// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "command_error.hpp"
#include "commands.hpp"
#include "csv.hpp"
#include "progress.hpp"
#include "rows.hpp"
#include "subscriber_csv.hpp"

namespace viaduct::viactl {
namespace {

struct CloseFile {
    void operator()(std::FILE* file) const {
        if (file != stdout) std::fclose(file);
    }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File new_file(const std::string& name) {
    if (name.empty() || name == "-") return File{stdout};
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) throw CommandError{Exit::failed, fmt::format("{}: {}", name, std::strerror(errno))};
    return File{::fdopen(descriptor, "w")};
}

void put(std::FILE* file, const std::string& line) {
    if (std::fputs(line.c_str(), file) < 0 || std::fputs("\r\n", file) < 0)
        throw CommandError{Exit::failed, fmt::format("the file cannot be written: {}", std::strerror(errno))};
}

std::uint64_t write_all(Session& session, std::FILE* file) {
    Progress progress{"subscribers"};
    std::uint64_t count = 0;
    std::vector<std::string> fields(SubscriberCsv::columns().size());
    put(file, csv_line(SubscriberCsv::columns()));
    session.on_database([&] {
        session.database().scan_now(
            {.table = "subscriber", .columns = SubscriberCsv::columns(), .where = {}, .order_by = {}, .limit = 0},
            [&](DatabaseRow& row) {
                for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = text_at(row, i);
                put(file, csv_line(fields));
                progress.show(++count, std::nullopt);
            });
    });
    if (std::fflush(file) != 0)
        throw CommandError{Exit::failed, fmt::format("the file cannot be written: {}", std::strerror(errno))};
    return count;
}

}  // namespace

void export_subscribers(Session& session, const std::string& name) {
    const bool to_output = name.empty() || name == "-";
    session.database();  // what is wrong with it is said before there is a file
    const File file = new_file(name);
    try {
        const std::uint64_t count = write_all(session, file.get());
        if (!to_output)
            session.output().print({{"exported", count}, {"file", name}},
                                   fmt::format("Exported {} subscribers to {}.", grouped(count), name));
    } catch (...) {
        std::error_code ignored;
        if (!to_output) std::filesystem::remove(name, ignored);
        throw;
    }
}

}  // namespace viaduct::viactl
