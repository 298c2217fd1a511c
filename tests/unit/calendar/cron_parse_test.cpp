// tests: which texts are cron expressions, which are the same one, and what is said of the others.
#include <doctest/doctest.h>

#include "common/model/limits.hpp"
#include "tests/unit/calendar/calendar_fixture.hpp"

using namespace steward;
using namespace steward::calendar;
using namespace steward::calendar::test;

namespace {

void check_same(std::string_view left, std::string_view right) {
    CAPTURE(left);
    CAPTURE(right);
    CHECK(cron(left) == cron(right));
}

/// What parse() says, which must hold every one of `words`.
void check_refused(std::string_view expression, const std::vector<std::string>& words) {
    CAPTURE(expression);
    const auto parsed = Cron::parse(expression);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == base::Errc::BadOption);
    for (const std::string& word : words) {
        CAPTURE(parsed.error().message);
        CHECK(parsed.error().message.find(word) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("an expression that begins with @ stands for five fields") {
    check_same("@yearly", "0 0 1 1 *");
    check_same("@annually", "@yearly");
    check_same("@monthly", "0 0 1 * *");
    check_same("@weekly", "0 0 * * 0");
    check_same("@daily", "0 0 * * *");
    check_same("@midnight", "@daily");
    check_same("@hourly", "0 * * * *");
    check_same("@Daily", "@daily");
    check_same("  @daily\t", "@daily");
}

TEST_CASE("blanks of any number separate fields") {
    check_same("1 2 3 4 5", " 1\t2   3 \t 4 5  ");
}

TEST_CASE("the same sets are the same expression") {
    check_same("0,10,20,30,40,50 * * * *", "*/10 * * * *");
    check_same("5,5,5-5 0-23 * * *", "5 * * * *");
    check_same("10-30/10,11 * * * *", "10,11,20,30 * * * *");
    check_same("0 0 * jan,MAR-may,12 *", "0 0 * 1,3,4,5,12 *");
    check_same("0 0 * * sun", "0 0 * * 0");
    check_same("0 0 * * 7", "0 0 * * 0");
    check_same("0 0 * * Mon-Wed,fri", "0 0 * * 1,2,3,5");
    check_same("0 0 * * fri-sun", "0 0 * * 5,6,0");
    check_same("0 0 * * 5-7", "0 0 * * fri-sun");
    check_same("0 0 * * 5-0", "0 0 * * fri-sun");
    check_same("0 0 * * sun-sun", "0 0 * * 0-0");
    check_same("0 0 * * 0-0", "0 0 * * 0");
    check_same("0 0 * * 0-7", "0 0 * * *");
    check_same("0 0 * * */7", "0 0 * * sun");
    CHECK_FALSE(cron("0 0 * * 1") == cron("0 0 * * 2"));
}

TEST_CASE("each field takes its first and its last value and none beyond") {
    for (const auto* good : {"0 0 1 1 0", "59 23 31 12 7", "0-59 0-23 1-31 1-12 0-7"}) {
        CHECK(Cron::parse(good).has_value());
    }
    check_refused("60 * * * *", {"minute", "\"60\"", "0 to 59"});
    check_refused("-1 * * * *", {"minute", "\"-1\"", "missing"});
    check_refused("* 24 * * *", {"hour", "\"24\"", "0 to 23"});
    check_refused("* * 0 * *", {"day of month", "\"0\"", "1 to 31"});
    check_refused("* * 32 * *", {"day of month", "\"32\"", "1 to 31"});
    check_refused("* * * 0 *", {"month", "\"0\"", "1 to 12 or jan to dec"});
    check_refused("* * * 13 *", {"month", "\"13\"", "1 to 12 or jan to dec"});
    check_refused("* * * * 8", {"day of week", "\"8\"", "0 to 7", "sun to sat"});
    check_refused("99999999999999999999 * * * *", {"minute", "no value"});
}

TEST_CASE("what is no item of a list is refused by field and value") {
    check_refused("1,,2 * * * *", {"minute", "\"\"", "missing"});
    check_refused("1, * * * *", {"minute", "missing"});
    check_refused(", * * * *", {"minute", "missing"});
    check_refused("* 5- * * *", {"hour", "\"5-\"", "missing"});
    check_refused("* 1-2-3 * * *", {"hour", "\"1-2-3\"", "\"2-3\" is no value"});
    check_refused("* 22-2 * * *", {"hour", "\"22-2\"", "ends before it begins", "two ranges"});
    check_refused("* * * dec-jan *", {"month", "\"dec-jan\"", "ends before it begins"});
    check_refused("* * * * sat-mon", {"day of week", "\"sat-mon\"", "ends before it begins"});
    check_refused("* x * * *", {"hour", "\"x\" is no value"});
    check_refused("* jan * * *", {"hour", "\"jan\" is no value"});
    check_refused("* * * mon *", {"month", "\"mon\" is no value"});
    check_refused("* * * * january", {"day of week", "\"january\" is no value"});
    check_refused("* * ? * *", {"day of month", "\"?\" is no value"});
    check_refused("* * L * *", {"day of month", "\"l\" is no value"});
    check_refused("** * * * *", {"minute", "\"**\" is no value"});
    check_refused("+1 * * * *", {"minute", "\"+1\" is no value"});
    check_refused("1.5 * * * *", {"minute", "\"1.5\" is no value"});
    check_refused("\x01 * * * *", {"minute", "\\x01"});
    check_refused("*\n* * * * *", {"minute", "\\x0a"});
    check_refused(std::string_view("\0 * * * *", 9), {"minute", "\\x00"});
}

TEST_CASE("a step follows a star or a range, from 1 to the last value") {
    check_same("*/1 * * * *", "* * * * *");
    check_same("*/59 * * * *", "0,59 * * * *");
    check_same("0 */23 * * *", "0 0,23 * * *");
    check_same("0 0 */31 * *", "0 0 */31,1 * *");
    check_refused("*/0 * * * *", {"minute", "\"*/0\"", "1 to 59"});
    check_refused("*/60 * * * *", {"minute", "\"*/60\"", "1 to 59"});
    check_refused("0 */24 * * *", {"hour", "1 to 23"});
    check_refused("*/ * * * *", {"minute", "\"*/\"", "step"});
    check_refused("*/x * * * *", {"minute", "\"*/x\"", "step"});
    check_refused("*/2/2 * * * *", {"minute", "\"*/2/2\"", "step"});
    check_refused("5/15 * * * *", {"minute", "\"5/15\"", "a step after a single value"});
    check_refused("/5 * * * *", {"minute", "\"/5\"", "missing"});
}

TEST_CASE("another number of fields is told, with what there is to choose from") {
    check_refused("", {"five fields", "has 0"});
    check_refused("   ", {"has 0"});
    check_refused("* * * *", {"five fields", "\"* * * *\" has 4", "@daily"});
    check_refused("* * * * * *", {"has 6"});
    check_refused("@daily 0", {"has 2"});
    check_refused("@reboot", {"\"@reboot\" is none of these", "@yearly", "@hourly"});
    check_refused("@", {"none of these"});
    check_refused("hourly", {"has 1"});
}

TEST_CASE("a day that never comes is refused, the rarest that does is not") {
    check_refused("0 0 30 2 *", {"\"0 0 30 2 *\"", "never comes"});
    check_refused("0 0 31 2,4,6,9,11 *", {"never comes"});
    check_refused("0 0 30,31 feb *", {"never comes"});
    CHECK(Cron::parse("0 0 29 2 *").has_value());
    CHECK(Cron::parse("0 0 29 2 */7").has_value());  // both: a Sunday
    CHECK(Cron::parse("0 0 30 2 mon").has_value());  // either: Mondays in February
    CHECK(Cron::parse("0 0 31 4,5 *").has_value());
}

TEST_CASE("an expression is as long as its limit and no longer") {
    const std::string fields = "0 0 1 1 *";
    const std::string longest =
        std::string(model::kExpressionBytesMax - fields.size(), ' ') + fields;
    CHECK(Cron::parse(longest).has_value());
    check_refused(longest + ' ', {std::to_string(model::kExpressionBytesMax), "bytes"});
}
