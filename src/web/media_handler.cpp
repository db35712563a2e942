#include "web/media_handler.hpp"

#include <algorithm>

#include "ap/media.hpp"
#include "base/log.hpp"
#include "vocab/terms.hpp"
#include "web/auth.hpp"
#include "web/byte_range.hpp"
#include "web/multipart.hpp"
#include "web/negotiate.hpp"
#include "web/permission.hpp"
#include "web/problem.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

constexpr std::string_view kPath = "/media/";

/// An upload, read.
struct Upload {
  std::vector<Part> parts;
  std::string_view file, object;
  bool has_file = false, has_object = false;
};

Result<Upload> read_upload(const net::Request& request) {
  Upload upload;
  upload.parts =
      QP_TRY(parse_multipart(request.headers.get("Content-Type").value_or(""), request.body));
  for (const Part& part : upload.parts) {
    const bool is_file = part.name == "file";
    if (!is_file && part.name != "object") continue;
    if (is_file ? upload.has_file : upload.has_object) {
      return bad_input("The form has two parts \"" + part.name + "\"");
    }
    (is_file ? upload.has_file : upload.has_object) = true;
    (is_file ? upload.file : upload.object) = part.content;
  }
  if (!upload.has_file || upload.file.empty()) return bad_input("The form has no part \"file\"");
  if (upload.file.size() > limits::kMediaBytes) {
    return error(Code::TooLarge,
                 "A file may have " + std::to_string(limits::kMediaBytes / limits::kMiB) + " MiB");
  }
  return upload;
}

/// The one that `object` is attributed to, else the first that the token may act as.
Result<ap::Actor> uploader(const store::Txn& txn, const Caller& caller, json::Value object) {
  const std::string_view wanted = object.get("attributedTo").text();
  for (ap::Actor& actor : QP_TRY(actors_of(txn, caller))) {
    if (wanted.empty() || wanted == actor.iri) return std::move(actor);
  }
  return error(Code::Forbidden, "attributedTo is not an actor of yours");
}

/// The object of a file is no activity, however it is spelled.
Result<void> check_upload(const ap::Activity& create) {
  const bool is_create = create.types == std::vector{std::string(as::Create.iri)};
  if (!is_create || ap::is_activity(create.object)) {
    return bad_input("The part \"object\" is an activity");
  }
  return {};
}

/// The Create that makes `object`, whatever that says of itself: a bare activity would be done.
json::Value create_of(json::Value object, json::Arena& arena) {
  const json::Value create = json::Value::object(arena, 3);
  create.set(arena, "@context", object.get("@context"));
  object.erase("@context");
  create.set(arena, "type", json::Value::string("Create"));
  create.set(arena, "object", object);
  return create;
}

/// `object` with where the file is. What it says of its type stays where it says something.
void describe(json::Value object, const ap::MediaType& type, std::string_view address,
              json::Arena& arena) {
  using json::Value;
  if (!object.contains("@context")) {
    object.set(arena, "@context", Value::string("https://www.w3.org/ns/activitystreams"));
  }
  if (!object.contains("type") && !object.contains("@type")) {
    object.set(arena, "type", Value::string(type.object_type));
  }
  const Value link = Value::object(arena, 3);
  link.set(arena, "type", Value::string("Link"));
  link.set(arena, "href", Value::string(address));
  link.set(arena, "mediaType", Value::string(type.name));
  object.set(arena, "url", Value::array(arena, std::span(&link, 1)));
  object.set(arena, "mediaType", Value::string(type.name));
}

}  // namespace

Result<net::Response> post_media(Context& context, const Exchange& exchange) {
  const net::Request& request = exchange.request;
  json::Arena arena;
  std::optional<ap::Actor> actor;
  Upload upload;
  json::Value object;
  Caller caller;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    caller = QP_TRY(
        require_caller(*txn, request, context.clock(), "Authentication required for uploading"));
    if (auto refused = refuse_without(oauth::Scope::UploadFiles, caller))
      return std::move(*refused);
    if (auto over = refuse_over(context.limiters.uploads, "media", caller.user, context.clock())) {
      return std::move(*over);
    }
    upload = QP_TRY(read_upload(request));
    object = upload.object.empty() ? json::Value::object(arena, 8)
                                   : QP_TRY(json::parse(upload.object, arena));
    if (!object.is_object()) return bad_input("The part \"object\" is not a JSON object");
    actor = QP_TRY(uploader(*txn, caller, object));
  }
  const ap::MediaType& type = ap::sniff_media(upload.file);
  std::string name;
  QP_TRY(context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    name = QP_TRY(ap::add_media(txn, actor->user, type, upload.file,
                                context.config.quotas.media_mib * limits::kMiB));
    return {};
  }));
  const std::string address = exchange.domain.url + std::string(kPath) + name;
  describe(object, type, address, arena);
  // Uploading is to make the file's object, but whom it may be addressed to is asked as elsewhere.
  caller.scopes = caller.scopes | oauth::Scope::CreateContent;
  std::optional<oauth::Scope> missing;
  const auto outcome = context.outbox.submit(
      *actor, json::to_text(create_of(object, arena)),
      [&](const store::Txn& txn, const ap::Activity& activity) -> Result<void> {
        QP_TRY(check_upload(activity));
        missing = QP_TRY(missing_scope(txn, caller, *actor, activity));
        return missing ? Result<void>(error(Code::Forbidden, "the token lacks a scope"))
                       : Result<void>();
      });
  QP_TRY(context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    if (outcome && !outcome->object.empty())
      return ap::attach_media(txn, outcome->object, actor->user, name);
    return ap::drop_media(txn, actor->user, name);
  }));
  if (missing) return lacks_scope(*missing);
  const ap::Submitted submitted = QP_TRY(outcome);
  log::info("uploaded", {log::field("media", address), log::field("actor", actor->iri)});

  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const view::Served served =
      QP_TRY(view::serve(*txn, submitted.object, {actor->iri}, context.contexts));
  net::Response response = reply(201, served.body, content_type(Representation::ActivityJson));
  response.headers.set("Location", submitted.object);
  response.headers.set("Cache-Control", "private, no-store");
  tell_budget(response, "media", context.limiters.uploads, caller.user, context.clock());
  return response;
}

Result<net::Response> get_media(Context& context, const Exchange& exchange) {
  const std::string& path = exchange.request.path;
  const std::string name = path.substr(std::min(kPath.size(), path.size()));
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const auto media = QP_TRY(ap::find_media(*txn, name));
  if (!media) return Error{Code::NotFound, "no such file: " + name, {}};
  const std::string etag = "\"" + name + "\"";
  net::Response response;
  if (names_etag(exchange.request.headers.joined("If-None-Match"), etag)) {
    response.status = 304;
  } else {
    const ByteRange range = requested_range(exchange.request, etag, media->bytes.size());
    response =
        reply(range.status, std::string(media->bytes.substr(range.first, range.size)), media->type);
    if (range.status != 200) {
      response.headers.set("Content-Range", content_range(range, media->bytes.size()));
    }
  }
  response.headers.set("Accept-Ranges", "bytes");
  const bool is_shown = ap::sniff_media(media->bytes).is_shown;
  response.headers.set(
      "Content-Disposition",
      (is_shown ? "inline; filename=\"" : "attachment; filename=\"") + name + "\"");
  response.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  response.headers.set("Cache-Control", "public, max-age=31536000, immutable");
  response.headers.set("ETag", etag);
  return response;
}

}  // namespace qp::web
