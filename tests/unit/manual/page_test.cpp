// tests: a program's page for `man`, from the description of its command line.
#include "common/manual/page.hpp"

#include <string>

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include "common/manual/roff.hpp"

namespace steward::manual {
namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Text is printed as it stands, whatever is in it") {
    CHECK(plain("a-b \\n 'c' ^~`\"") == "a\\-b \\en \\(aqc\\(aq \\(ha\\(ti\\(ga\\(dq");
    CHECK(marked("set `a-b` or not") == "set \\fBa\\-b\\fR or not");
    CHECK(marked("one ` alone") == "one \\(ga alone");
    CHECK(paragraph(".TH no request\n'nor this") == ".PP\n\\&.TH no request\n\\&'nor this\n");
    CHECK(entry("x", "\n\n  two\n\nlines ") == ".TP\nx\ntwo\nlines\n");
}

TEST_CASE("A page has what --help has: options, verbs, theirs, and the footers under headings") {
    CLI::App program("A program that tries. Twice.", "trier");
    int number = 7;
    std::string word;
    bool is_set = false;
    program.add_option("-n,--number", number, "how often")->capture_default_str()->envname("TRIES");
    program.add_flag("--hidden", is_set, "in no help")->group("");
    CLI::App* verb = program.add_subcommand("go", "Goes there");
    verb->add_option("where", word, "the place")->required();
    verb->add_flag("--fast", is_set, "soon");
    verb->add_subcommand("on", "Goes further");
    program.footer("Told in the notes,\nin two lines.\nExit status: 0 well,\n1 not.");
    const std::string page = page_of(program, {8, {"other(1)"}});

    CHECK(page.starts_with(".TH TRIER 8 "));
    CHECK(has(page, "trier \\- a program that tries. Twice\n"));
    CHECK(has(page,
              "\\fB\\-n\\fR, \\fB\\-\\-number\\fR \\fINUMBER\\fR\nhow often.\n"
              "Default: \\fB7\\fR.\nFrom the environment: \\fBTRIES\\fR.\n"));
    CHECK_FALSE(has(page, "hidden"));
    CHECK(has(page, ".SS \\fBtrier go\\fR [\\fIOPTION\\fR...] \\fIwhere\\fR\nGoes there.\n"));
    CHECK(has(page, "\\fIwhere\\fR\nthe place.\nRequired.\n"));
    CHECK(has(page, "\\fB\\-\\-fast\\fR\nsoon.\n"));
    CHECK(has(page, ".SS \\fBtrier go on\\fR"));
    CHECK(has(page, ".SH NOTES\nTold in the notes,\nin two lines.\n"));
    CHECK(has(page, ".SH EXIT STATUS\n0 well,\n1 not.\n"));
    CHECK(has(page, ".SH SEE ALSO\n\\fBother\\fR(1)\n"));
    // Told once, not again of each verb.
    CHECK(page.find("\\-\\-help") == page.rfind("\\-\\-help"));
}

TEST_CASE("--print-manual prints the page and ends well, though a verb is missing") {
    CLI::App program("A program.", "trier");
    program.require_subcommand(1);
    program.add_subcommand("go", "Goes there");
    add_page(program, {1, {}});
    const char* const argv[] = {"trier", "--print-manual"};
    std::ostringstream out;
    std::ostringstream err;
    try {
        program.parse(2, argv);
        FAIL("it went on");
    } catch (const CLI::Error& ended) {
        CHECK(program.exit(ended, out, err) == 0);
    }
    CHECK(out.str() == page_of(program, {1, {}}) + "\n");
    CHECK(err.str().empty());
    CHECK_FALSE(has(program.help(), "print-manual"));
}

}  // namespace steward::manual
