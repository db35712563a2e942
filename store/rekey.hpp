#pragma once

#include "base/result.hpp"
#include "store/dictionary.hpp"
#include "store/env.hpp"

namespace qp::store {

/// Words that vocab/terms.def got since the store was last opened for writing: where the store had
/// one of them under an id of its own, it gets its row's id everywhere. One transaction.
Result<void> rekey_new_words(Env& env, const WordIndex& words);

}  // namespace qp::store
