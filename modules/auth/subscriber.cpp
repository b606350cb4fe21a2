// subscriber: reading table `subscriber` (Kamailio's versions 6 and 7, and our columns for SHA).
// SPDX-License-Identifier: Apache-2.0
#include "subscriber.hpp"

namespace viaduct::auth {
namespace {

constexpr const char* kTable = "subscriber";
constexpr std::size_t kUserColumn = 0, kDomainColumn = 1, kFirstHash = 2;

const char* column_name(DigestAlgorithm algorithm, UserForm form) {
    if (algorithm == DigestAlgorithm::md5) return form == UserForm::bare ? "ha1" : "ha1b";
    if (form == UserForm::with_domain) return nullptr;
    return algorithm == DigestAlgorithm::sha256 ? "ha1_sha256" : "ha1_sha512_256";
}

std::string_view text_of(const DatabaseRow& row, std::size_t column) {
    const auto* text = column < row.size() ? std::get_if<std::string>(&row[column]) : nullptr;
    return text != nullptr ? std::string_view{*text} : std::string_view{};
}

RawDigest hash_password(DigestAlgorithm algorithm, UserForm form, std::string_view user, std::string_view domain,
                        std::string_view password) {
    if (form == UserForm::bare) return digest_raw(algorithm, {user, ":", domain, ":", password});
    return digest_raw(algorithm, {user, "@", domain, ":", domain, ":", password});
}

}  // namespace

SubscriberReader::SubscriberReader(const MacKey& key, const std::vector<DigestAlgorithm>& algorithms,
                                   bool plaintext_passwords)
    : columns_{"username", "domain"}, plaintext_passwords_{plaintext_passwords} {
    const RawDigest unguessable = key.mac({"subscriber"});
    for (std::size_t i = 0; i < stand_in_.hashes.size(); ++i) {
        stand_in_.hashes[i] = unguessable;
        stand_in_.hashes[i].size = static_cast<std::uint8_t>(digest_size(static_cast<DigestAlgorithm>(i / 2)));
    }
    for (const DigestAlgorithm algorithm : algorithms) {
        for (const UserForm form : {UserForm::bare, UserForm::with_domain}) {
            const char* name = column_name(algorithm, form);
            hashes_.push_back({algorithm, form, name});
            if (name != nullptr) columns_.emplace_back(name);
        }
    }
    if (plaintext_passwords_) columns_.emplace_back("password");
}

Select SubscriberReader::select_one(std::string_view user, std::string_view domain) const {
    return {.table = kTable,
            .columns = columns_,
            .where = {{"username", std::string{user}}, {"domain", std::string{domain}}},
            .order_by = {},
            .limit = 1};
}

Select SubscriberReader::select_all() const {
    return {.table = kTable, .columns = columns_, .where = {}, .order_by = {}, .limit = 0};
}

Subscriber SubscriberReader::read(const DatabaseRows& rows, std::string_view user, std::string_view domain) const {
    return rows.empty() ? stand_in_ : read(rows.front(), user, domain);
}

Subscriber SubscriberReader::read(const DatabaseRow& row, std::string_view user, std::string_view domain) const {
    Subscriber subscriber = stand_in_;
    subscriber.known = true;
    const std::string_view password = plaintext_passwords_ ? text_of(row, columns_.size() - 1) : std::string_view{};
    std::size_t column = kFirstHash;
    for (const Column& hash : hashes_) {
        RawDigest& to = subscriber.hashes[Subscriber::index(hash.algorithm, hash.form)];
        const auto stored =
            hash.name != nullptr ? digest_from_hex(hash.algorithm, text_of(row, column++)) : std::nullopt;
        if (stored) {
            to = *stored;
        } else if (!password.empty()) {
            to = hash_password(hash.algorithm, hash.form, user, domain, password);
        }
    }
    return subscriber;
}

std::string SubscriberReader::user_of(const DatabaseRow& row) { return std::string{text_of(row, kUserColumn)}; }
std::string SubscriberReader::domain_of(const DatabaseRow& row) { return std::string{text_of(row, kDomainColumn)}; }

}  // namespace viaduct::auth
