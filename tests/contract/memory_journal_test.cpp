// tests/contract: the journal that keeps nothing.
#include "broker/store/memory_journal.hpp"

#include <doctest/doctest.h>

#include "tests/contract/journal_contract.hpp"

namespace {

using namespace steward;

class MemoryWorld final : public contract::JournalWorld {
public:
    std::unique_ptr<store::Journal> open() override {
        return std::make_unique<store::MemoryJournal>();
    }

    bool remembers() const override { return false; }

    std::size_t commit_bytes_max() const override { return 64U << 20U; }
};

}  // namespace

TEST_CASE("The memory journal keeps the contract of journals, but for remembering") {
    contract::check_journal([] { return std::make_unique<MemoryWorld>(); });
}
