// tests: the index for keys that are counted up.
#include "common/base/chain_index.hpp"

#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

using steward::base::ChainIndex;
using steward::base::Prng;

namespace {

struct Element {
    std::uint64_t key = 0;
    std::uint32_t next = 0;
};

class Table {
public:
    explicit Table(std::uint64_t (*hash)(std::uint64_t)) : hash_(hash) {}

    std::uint32_t find(std::uint64_t key) const {
        return index_.find(
            hash_(key), *this, [&](std::uint32_t slot) { return elements_[slot].key == key; });
    }

    std::uint32_t add(std::uint64_t key) {
        std::uint32_t slot = static_cast<std::uint32_t>(elements_.size());
        if (free_.empty()) {
            elements_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        elements_[slot].key = key;
        index_.insert(hash_(key), slot, *this);
        return slot;
    }

    void remove(std::uint32_t slot) {
        index_.erase(hash_(elements_[slot].key), slot, *this);
        elements_[slot].key = UINT64_MAX;
        free_.push_back(slot);
    }

    std::size_t size() const { return index_.size(); }

    // ---- for the index ----
    std::uint32_t& next_of(std::uint32_t slot) const { return elements_[slot].next; }

    std::size_t hash_of(std::uint32_t slot) const { return hash_(elements_[slot].key); }

private:
    std::uint64_t (*hash_)(std::uint64_t);
    mutable std::vector<Element> elements_;
    std::vector<std::uint32_t> free_;
    ChainIndex index_;
};

// Random use with the given hash, next to an ordered map.
void agree_in_chains(std::uint64_t (*hash)(std::uint64_t)) {
    Table table(hash);
    std::map<std::uint64_t, std::uint32_t> model;
    Prng prng(6);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t key = prng.below(700);
        const auto found = model.find(key);
        if (found == model.end()) {
            REQUIRE(table.find(key) == ChainIndex::kNone);
            model.emplace(key, table.add(key));
        } else {
            REQUIRE(table.find(key) == found->second);
            if (prng.chance(2, 3)) {
                table.remove(found->second);
                model.erase(found);
            }
        }
        REQUIRE(table.size() == model.size());
    }
    for (const auto& [key, slot] : model) {
        REQUIRE(table.find(key) == slot);
    }
}

}  // namespace

TEST_CASE("an empty chain index finds nothing") {
    const Table table([](std::uint64_t key) { return key; });
    CHECK(table.size() == 0);
    CHECK(table.find(5) == ChainIndex::kNone);
}

TEST_CASE("the chain index agrees with a plain map for keys that are counted up") {
    agree_in_chains([](std::uint64_t key) { return key; });
}

TEST_CASE("the chain index agrees with a plain map where all keys share a chain, or a few") {
    agree_in_chains([](std::uint64_t) { return std::uint64_t{3}; });
    agree_in_chains([](std::uint64_t key) { return key << 32U | key % 3; });
}
