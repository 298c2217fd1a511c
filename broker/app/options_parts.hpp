// broker/app: the pieces of the table of settings. Private to options*.cpp.
#pragma once

#include "broker/app/options.hpp"

namespace steward::app {

inline constexpr std::uint64_t kMillisecond = 1'000;
inline constexpr std::uint64_t kSecond = 1'000 * kMillisecond;
inline constexpr std::uint64_t kHour = 3'600 * kSecond;
inline constexpr std::uint64_t kDay = 24 * kHour;
inline constexpr std::uint64_t kDurationMax =
    static_cast<std::uint64_t>(model::kDurationMax.count());
inline constexpr std::uint64_t kKiB = 1U << 10U;
inline constexpr std::uint64_t kMiB = 1U << 20U;
inline constexpr std::uint64_t kGiB = 1U << 30U;
inline constexpr std::uint64_t kBillion = 1'000'000'000;
inline constexpr std::uint64_t kPathBytesMax = 4'000;

// ---- options_sections.cpp ----
[[nodiscard]] config::Section broker_section(BrokerOptions& options);
[[nodiscard]] config::Section security_section(BrokerOptions& options);
[[nodiscard]] config::Section limits_section(model::Limits& limits);
[[nodiscard]] config::Section lifecycle_section(BrokerOptions& options);
[[nodiscard]] config::Section audit_section(BrokerOptions& options);

// ---- options_journal.cpp ----
[[nodiscard]] config::Section journal_section(BrokerOptions& options);
/// `sync`, `interval:DURATION` or `os`.
[[nodiscard]] base::Expected<void> check_durability(std::string_view text);

// ---- options_services.cpp ----
[[nodiscard]] config::RowTable service_table(BrokerOptions& options);
[[nodiscard]] config::RowTable group_table(BrokerOptions& options);
[[nodiscard]] config::RowTable limit_table(BrokerOptions& options);

// ---- options_schedules.cpp ----
[[nodiscard]] config::RowTable schedule_table(BrokerOptions& options);

// ---- options_checks.cpp: what the values of single settings may be ----
[[nodiscard]] base::Expected<void> check_level(std::string_view text);
[[nodiscard]] base::Expected<void> check_event(std::string_view text);
[[nodiscard]] base::Expected<void> check_service(std::string_view text);
[[nodiscard]] base::Expected<void> check_label(std::string_view text);
[[nodiscard]] base::Expected<void> check_rate(std::string_view text);
[[nodiscard]] base::Expected<void> check_priority(std::string_view text);
/// Without tabs and line ends: entries are printed one a line with tabs between, for scripts.
[[nodiscard]] base::Expected<void> check_word(std::string_view text);

/// Errors: BadOption, saying what is allowed.
[[nodiscard]] base::Expected<std::int32_t> parse_priority(std::string_view text);

/// The rules between settings, which no single entry of the table can hold.
/// Errors: BadConfig, naming the settings.
[[nodiscard]] base::Expected<void> check_together(const BrokerOptions& options);

}  // namespace steward::app
