// import_command: many subscribers from a file. A wrong line is named and left out, the others are stored.
//
// Lines are written some hundred in a transaction. Whatever stops it, the same file may be imported again: who is there
// with the same secrets already is passed over.
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <iostream>
#include <unordered_map>

#include <fmt/format.h>

#include "command_error.hpp"
#include "commands.hpp"
#include "csv.hpp"
#include "progress.hpp"
#include "rows.hpp"
#include "subscriber_csv.hpp"

namespace viaduct::viactl {
namespace {

using nlohmann::json;

constexpr std::size_t kBatch = 500;

class Import {
public:
    Import(Session& session, const std::string& file, const ImportOptions& options)
        : session_{session}, options_{options}, file_{file == "-" ? "standard input" : file} {
        if (file == "-") return;
        stream_.open(file);
        std::error_code unknown;
        size_ = std::filesystem::is_regular_file(file, unknown) ? std::filesystem::file_size(file, unknown) : 0;
        if (!stream_ || std::filesystem::is_directory(file, unknown))
            throw CommandError{Exit::failed, fmt::format("{} cannot be read", file)};
    }

    void run() {
        LineReader lines{stream_.is_open() ? stream_ : std::cin};
        std::string line;
        if (!lines.next(line)) throw CommandError{Exit::usage, fmt::format("{} is empty", file_)};
        const SubscriberCsv csv{line, session_.default_domain(), options_.plaintext};
        learn_stored();
        while (lines.next(line)) {
            if (!line.empty()) take(csv, line, lines);
            if (batch_.size() >= kBatch) write();
            progress_.show(lines.number(),
                           size_ > 0 ? std::optional{static_cast<double>(lines.bytes()) / static_cast<double>(size_)}
                                     : std::nullopt);
        }
        write();
        progress_.clear();
    }

    void report() const {
        const json result{{"added", added_},
                          {"changed", changed_},
                          {"unchanged", unchanged_},
                          {"wrong", wrong_},
                          {"dry_run", options_.dry_run}};
        std::string text = fmt::format("{} {} subscribers, changed {}, {} were there already.",
                                       options_.dry_run ? "Would add" : "Added", grouped(added_), grouped(changed_),
                                       grouped(unchanged_));
        session_.output().print(result, text);
        if (wrong_.empty()) return;
        throw CommandError{Exit::failed,
                           fmt::format("{} {} wrong and left out: mend the file and import it again",
                                       grouped(wrong_.size()), wrong_.size() == 1 ? "line is" : "lines are")};
    }
    bool changed_anything() const { return !options_.dry_run && added_ + changed_ > 0; }

private:
    struct Waiting {
        std::uint64_t line;
        SubscriberCsv::Row row;
        bool is_new;
    };

    static std::string key_of(const std::string& user, const std::string& domain) { return user + '@' + domain; }
    static std::vector<ColumnValue> key_of(const Account& account) {
        return {{"username", account.user}, {"domain", account.domain}};
    }

    void learn_stored() {
        session_.on_database([&] {
            session_.database().scan_now(
                {.table = "subscriber", .columns = SubscriberCsv::columns(), .where = {}, .order_by = {}, .limit = 0},
                [&](DatabaseRow& row) {
                    std::vector<ColumnValue> secrets;
                    for (std::size_t i = 2; i < SubscriberCsv::columns().size(); ++i)
                        secrets.push_back({SubscriberCsv::columns()[i], text_at(row, i)});
                    stored_[key_of(text_at(row, 0), text_at(row, 1))] = fingerprint(secrets);
                });
        });
    }

    void take(const SubscriberCsv& csv, const std::string& line, const LineReader& lines) {
        try {
            if (lines.too_long()) throw CommandError{Exit::usage, "the line is too long"};
            add(csv.read(line), lines.number());
        } catch (const CommandError& error) {
            refuse(lines.number(), error.what());
        }
    }

    void add(SubscriberCsv::Row row, std::uint64_t line) {
        const std::string key = key_of(row.account.user, row.account.domain);
        if (const auto [before, first] = lines_.emplace(key, line); !first)
            throw CommandError{Exit::usage, fmt::format("{} stands in line {}, too", key, before->second)};
        const auto stored = stored_.find(key);
        const bool is_new = stored == stored_.end();
        if (!is_new && stored->second == fingerprint(row.secrets)) {
            ++unchanged_;
            return;
        }
        if (!is_new && !options_.update)
            throw CommandError{Exit::usage, fmt::format("{} exists with another password; --update changes it", key)};
        batch_.push_back({line, std::move(row), is_new});
    }

    void refuse(std::uint64_t line, const std::string& problem) {
        progress_.clear();
        if (!session_.output().is_json()) fmt::print(stderr, "viactl: {}:{}: {}\n", file_, line, problem);
        wrong_.push_back({{"line", line}, {"problem", problem}});
    }

    static Change change_of(const Waiting& one) {
        if (!one.is_new) return Update{"subscriber", one.row.secrets, key_of(one.row.account)};
        std::vector<ColumnValue> row = key_of(one.row.account);
        row.insert(row.end(), one.row.secrets.begin(), one.row.secrets.end());
        return Insert{"subscriber", std::move(row)};
    }

    void count(const Waiting& one) { ++(one.is_new ? added_ : changed_); }

    void write() {
        std::vector<Change> changes;
        for (const Waiting& one : batch_) changes.push_back(change_of(one));
        bool whole = options_.dry_run || batch_.empty();
        if (!whole) {
            try {
                session_.database().write_now(changes);
                whole = true;
            } catch (const std::runtime_error&) {  // one of them; which one is found out below
            }
        }
        for (const Waiting& one : batch_) whole ? count(one) : write_alone(one);
        batch_.clear();
    }

    // Somebody added the subscriber meanwhile, or the database fails whatever it is asked for.
    void write_alone(const Waiting& one) {
        if (one.is_new && subscriber_exists(session_, one.row.account))
            return refuse(one.line, fmt::format("{} was added by somebody else just now", one.row.account.text()));
        try {
            session_.database().write_now({change_of(one)});
        } catch (const std::runtime_error& error) {
            progress_.clear();
            throw CommandError{
                Exit::database,
                fmt::format("stopped at line {}: {}; what stands before it is stored, and the same file may be "
                            "imported again",
                            one.line, error.what())};
        }
        count(one);
    }

    Session& session_;
    const ImportOptions& options_;
    std::string file_;
    std::ifstream stream_;
    std::uint64_t size_ = 0;
    std::unordered_map<std::string, std::size_t> stored_;   // fingerprint of the secrets
    std::unordered_map<std::string, std::uint64_t> lines_;  // where the file names whom
    std::vector<Waiting> batch_;
    std::uint64_t added_ = 0, changed_ = 0, unchanged_ = 0;
    json wrong_ = json::array();
    Progress progress_{"lines"};
};

}  // namespace

void import_subscribers(Session& session, const std::string& file, const ImportOptions& options) {
    Import import{session, file, options};
    import.run();
    if (import.changed_anything()) session.tell("auth.reload", json::object());
    import.report();
}

}  // namespace viaduct::viactl
