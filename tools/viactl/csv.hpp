// csv: comma-separated values (RFC 4180), one record a line, by libcsv. The only file that includes it is its .cpp.
//
// A field that goes on in the next line is refused: no column of ours holds a line break, and so one wrong quote costs
// one line, not the rest of the file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::viactl {

// The fields of a line without its end. Throws CommandError (usage) that says what is wrong with the quotes.
std::vector<std::string> parse_csv(std::string_view line, char delimiter = ',');
// The line without its end; fields are quoted.
std::string csv_line(const std::vector<std::string>& fields);

// Lines of a file of any kind, numbered from 1.
class LineReader {
public:
    static constexpr std::size_t kLongest = 64 * 1024;

    explicit LineReader(std::istream& input) : input_{input} {}
    // False at the end. The line is without its CR LF or LF, the first one without a byte order mark.
    bool next(std::string& line);
    std::uint64_t number() const { return number_; }
    std::uint64_t bytes() const { return bytes_; }  // read until now
    // The line was longer than kLongest and is cut.
    bool too_long() const { return too_long_; }

private:
    std::istream& input_;
    std::uint64_t number_ = 0, bytes_ = 0;
    bool too_long_ = false;
};

}  // namespace viaduct::viactl
