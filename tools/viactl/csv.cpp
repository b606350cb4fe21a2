// csv: see csv.hpp.
// SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <istream>

#include <csv.h>

#include "command_error.hpp"

namespace viaduct::viactl {
namespace {

class Parser {
public:
    explicit Parser(char delimiter) {
        if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc{};
        csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
        csv_set_space_func(&parser_,
                           [](unsigned char) { return 0; });  // spaces belong to the field (RFC 4180 section 2)
    }
    ~Parser() { csv_free(&parser_); }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    std::vector<std::string> parse(std::string_view line) {
        const auto read = csv_parse(&parser_, line.data(), line.size(), add_field, nullptr, this);
        if (read != line.size() || csv_fini(&parser_, add_field, nullptr, this) != 0) {
            throw CommandError{
                Exit::usage, "a quote is not closed, or stands inside a field: write \"say \"\"hello\"\"\" (RFC 4180)"};
        }
        return std::move(fields_);
    }

private:
    static void add_field(void* text, std::size_t size, void* self) {
        static_cast<Parser*>(self)->fields_.emplace_back(static_cast<const char*>(text), size);
    }

    csv_parser parser_;
    std::vector<std::string> fields_;
};

}  // namespace

std::vector<std::string> parse_csv(std::string_view line, char delimiter) { return Parser{delimiter}.parse(line); }

std::string csv_line(const std::vector<std::string>& fields) {
    std::string line;
    for (const std::string& field : fields) {
        if (&field != &fields.front()) line += ',';
        if (field.empty()) continue;
        const std::size_t before = line.size();
        line.resize(before + csv_write(nullptr, 0, field.data(), field.size()));
        csv_write(line.data() + before, line.size() - before, field.data(), field.size());
    }
    return line;
}

bool LineReader::next(std::string& line) {
    line.clear();
    too_long_ = false;
    std::streambuf& from = *input_.rdbuf();
    constexpr auto kEnd = std::char_traits<char>::eof();
    bool any = false;
    for (auto c = from.sbumpc(); c != kEnd; c = from.sbumpc()) {
        any = true;
        ++bytes_;
        if (c == '\n') break;
        if (line.size() < kLongest)
            line += static_cast<char>(c);
        else
            too_long_ = true;
    }
    if (!any) return false;
    if (line.ends_with('\r')) line.pop_back();
    if (++number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    return true;
}

}  // namespace viaduct::viactl
