#pragma once

#include <mutex>

/// Clang's thread-safety annotations (checked by clang-tidy's build, empty under g++).
#if defined(__clang__)
#define GUARDED_BY(mutex) __attribute__((guarded_by(mutex)))
#else
#define GUARDED_BY(mutex)
#endif
