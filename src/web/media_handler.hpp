#pragma once

#include "web/context.hpp"

namespace qp::web {

/// uploadMedia: multipart/form-data with `file`, and `object`, the JSON of what it is to be (its
/// type, name, addressing; may be missing). 201 with Location and the object, which the owner's
/// outbox has created. The file's type is what its bytes say.
Result<net::Response> post_media(Context& context, const Exchange& exchange);

/// `/media/<name>`: the bytes, under a type and a policy by which no browser runs them.
Result<net::Response> get_media(Context& context, const Exchange& exchange);

}  // namespace qp::web
