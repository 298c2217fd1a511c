// One crew or several, in the order in which they came.
#include "broker/core/serving_crews.hpp"

#include <doctest/doctest.h>

using namespace steward::core;

namespace {

constexpr CrewHandle kFirst{1, 0};
constexpr CrewHandle kSecond{2, 0};
constexpr CrewHandle kThird{3, 0};

std::vector<std::uint32_t> indices(const ServingCrews& crews) {
    std::vector<std::uint32_t> all;
    for (const ServingCrew& crew : crews) {
        all.push_back(crew.index);
    }
    return all;
}

}  // namespace

TEST_CASE("serving crews: none, one, several and one again") {
    ServingCrews crews;
    CHECK(crews.empty());
    CHECK(indices(crews).empty());
    crews.add({kFirst, 10});
    CHECK(indices(crews) == std::vector<std::uint32_t>{10});
    crews.remove(kSecond);
    CHECK(crews.size() == 1);
    crews.add({kSecond, 20});
    crews.add({kThird, 30});
    CHECK(indices(crews) == std::vector<std::uint32_t>{10, 20, 30});
    crews.remove(kSecond);
    CHECK(indices(crews) == std::vector<std::uint32_t>{10, 30});
    crews.remove(kFirst);
    CHECK(indices(crews) == std::vector<std::uint32_t>{30});
    crews.remove(kThird);
    CHECK(crews.empty());
    CHECK(indices(crews).empty());
}
