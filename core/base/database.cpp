// database: the words for what can go wrong with a database (viaduct/database.hpp).
// SPDX-License-Identifier: Apache-2.0
#include <viaduct/database.hpp>

namespace viaduct {

namespace {

// Boost's category has no virtual destructor on purpose: a category is never deleted through its base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "viaduct.database"; }
    std::string message(int value) const override {
        switch (static_cast<DatabaseErrc>(value)) {
            case DatabaseErrc::unavailable: return "the database cannot be reached";
            case DatabaseErrc::timeout: return "the database did not answer in time";
            case DatabaseErrc::overloaded: return "too many operations wait for the database";
            case DatabaseErrc::disk_full: return "the database cannot write: the disk is full or failing";
            case DatabaseErrc::constraint: return "a row with that key exists, or a value breaks a rule of the table";
            case DatabaseErrc::schema: return "a table or column is missing: run `viactl db upgrade`";
            case DatabaseErrc::failed: return "the database refused the operation";
        }
        return "unknown database error";
    }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& database_category() {
    static const Category category;
    return category;
}

boost::system::error_code make_error_code(DatabaseErrc error) { return {static_cast<int>(error), database_category()}; }

}  // namespace viaduct
