// tests/e2e: whether this build is under a sanitizer: what memory it takes says little then, and
// the address sanitizer's allocator may be left locked in a forked copy, which writes no
// checkpoint.
#pragma once

namespace steward::e2e {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif
#else
inline constexpr bool kIsSanitized = false;
#endif

}  // namespace steward::e2e
