#include "client/cli/page_output.hpp"

#include <algorithm>
#include <ostream>

#include "client/cli/exit_status.hpp"

namespace steward::cli {

namespace {

constexpr std::uint64_t kRowsAPage = 1000;

void print_page(Console& console,
                const Settings& settings,
                ListingPrinter& printer,
                const nlohmann::json& rows) {
    if (!settings.as_json) {
        printer.print(rows);
        return;
    }
    for (const nlohmann::json& row : rows) {
        print_json(console, row);
    }
}

}  // namespace

int show_pages(Console& console,
               const Settings& settings,
               client::Query query,
               std::uint64_t limit) {
    return with_client(console, settings, [&](client::Client& client) {
        std::uint64_t left = limit == 0 ? UINT64_MAX : limit;
        query.rows_max = static_cast<std::uint32_t>(std::min(left, kRowsAPage));
        client::Pages pages = client.pages(query);
        ListingPrinter printer(console, query.what);
        while (left > 0 && console.out) {
            auto rows = pages.next();
            if (!rows) {
                return report_error(console, rows.error());
            }
            if (!*rows) {
                break;
            }
            nlohmann::json& page = **rows;
            if (page.size() > left) {
                page.erase(page.begin() + static_cast<std::ptrdiff_t>(left), page.end());
            }
            left -= page.size();
            print_page(console, settings, printer, page);
        }
        if (!settings.as_json) {
            printer.end();
        }
        console.out << std::flush;
        return static_cast<int>(kSuccess);
    });
}

}  // namespace steward::cli
