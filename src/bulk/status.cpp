#include "bulk/status.hpp"

#include "base/json.hpp"

namespace qp::bulk {

namespace {

using json::Arena;
using json::Value;

constexpr std::string_view kPublic = "https://www.w3.org/ns/activitystreams#Public";
constexpr std::string_view kContext =
    R"(["https://www.w3.org/ns/activitystreams",{"sensitive":"as:sensitive","Hashtag":"as:Hashtag",)"
    R"("toot":"http://joinmastodon.org/ns#","blurhash":"toot:blurhash"}])";

Result<Value> parsed(std::string_view text, Arena& arena) {
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  const Value value = QP_TRY(json::parse(text, arena, limits));
  if (!value.is_object()) return bad_input("no JSON object");
  return value;
}

bool has_text(Value node, std::string_view key) {
  const Value value = node.get(key);
  return value.is_string() && !value.text().empty();
}

class Converter {
 public:
  Converter(Value status, const StatusOwner& owner, Arena& arena)
      : status_(status), owner_(owner), arena_(arena) {}

  Result<Value> activity() {
    const std::string_view key = has_text(status_, "uri") ? "uri" : "url";
    if (!has_text(status_, key)) return bad_input("a status without uri and url");
    id_ = status_.get(key);
    const Value reblog = status_.get("reblog");
    const Value activity = Value::object(arena_, 8);
    activity.set(arena_, "@context", QP_TRY(json::parse(kContext, arena_)));
    activity.set(arena_, "id", text(std::string(id_.text()) + "/activity"));
    activity.set(arena_, "type", Value::string(reblog.is_object() ? "Announce" : "Create"));
    activity.set(arena_, "actor", Value::string(owner_.actor));
    take(activity, "published", status_, "created_at");
    QP_TRY(address(activity));
    if (!reblog.is_object()) {
      activity.set(arena_, "object", QP_TRY(note()));
    } else {
      const std::string_view of = has_text(reblog, "uri") ? "uri" : "url";
      if (!has_text(reblog, of)) return bad_input("a boost of a status without uri and url");
      activity.set(arena_, "object", reblog.get(of));
    }
    return activity;
  }

 private:
  Value text(const std::string& words) { return Value::string(arena_.copy(words)); }

  void take(Value to, std::string_view key, Value from, std::string_view name) {
    if (has_text(from, name)) to.set(arena_, key, from.get(name));
  }

  Value list(std::initializer_list<std::string_view> items) {
    const Value array = Value::array(arena_);
    for (const std::string_view item : items) array.push_back(arena_, Value::string(item));
    return array;
  }

  Result<void> address(Value node) {
    const Value visibility = status_.get("visibility");
    Value to = list({owner_.followers}), cc = list({});
    if (visibility.is("public") || visibility.is("local")) {
      to = list({kPublic});
      cc = list({owner_.followers});
    } else if (visibility.is("unlisted")) {
      cc = list({kPublic});
    } else if (visibility.is("direct")) {
      to = list({});
    } else if (!visibility.is("private")) {
      return bad_input("a status of unknown visibility");
    }
    for (const Value mention : status_.get("mentions").items()) {
      if (has_text(mention, "url")) {
        (visibility.is("direct") ? to : cc).push_back(arena_, mention.get("url"));
      }
    }
    node.set(arena_, "to", to);
    node.set(arena_, "cc", cc);
    return {};
  }

  Result<Value> note() {
    const Value note = Value::object(arena_, 12);
    note.set(arena_, "id", id_);
    note.set(arena_, "type", Value::string("Note"));
    note.set(arena_, "attributedTo", Value::string(owner_.actor));
    take(note, "published", status_, "created_at");
    take(note, "updated", status_, "edited_at");
    answer(note);
    take(note, "url", status_, "url");
    take(note, "content", status_, "content");
    take(note, "summary", status_, "spoiler_text");
    if (status_.get("sensitive").is_boolean()) {
      note.set(arena_, "sensitive", status_.get("sensitive"));
    }
    QP_TRY(address(note));
    note.set(arena_, "attachment", attachments());
    note.set(arena_, "tag", tags());
    return note;
  }

  /// One of the same account's has an address like its own; of others' only a number is said.
  void answer(Value note) {
    const std::string_view address = id_.text(), number = status_.get("id").text();
    const Value account = status_.get("account");
    const bool is_own = has_text(status_, "in_reply_to_id") && account.is_object() &&
                        has_text(account, "id") &&
                        status_.get("in_reply_to_account_id").is(account.get("id").text());
    if (!is_own || number.empty() || !address.ends_with("/" + std::string(number))) return;
    std::string answered(address.substr(0, address.size() - number.size()));
    answered += status_.get("in_reply_to_id").text();
    note.set(arena_, "inReplyTo", text(answered));
  }

  Value attachments() {
    const Value all = Value::array(arena_);
    for (const Value media : status_.get("media_attachments").items()) {
      if (!media.is_object() || !has_text(media, "url")) continue;
      const Value one = Value::object(arena_, 5);
      const bool is_image = media.get("type").is("image");
      one.set(arena_, "type", Value::string(is_image ? "Image" : "Document"));
      take(one, "url", media, "url");
      take(one, "mediaType", media, "mime");
      take(one, "name", media, "description");
      take(one, "blurhash", media, "blurhash");
      all.push_back(arena_, one);
    }
    return all;
  }

  Value tags() {
    const Value all = Value::array(arena_);
    const auto add = [&](std::string_view type, char sign, Value from, std::string_view name) {
      if (!from.is_object() || !has_text(from, name)) return;
      const Value one = Value::object(arena_, 3);
      one.set(arena_, "type", Value::string(type));
      take(one, "href", from, "url");
      one.set(arena_, "name", text(sign + std::string(from.get(name).text())));
      all.push_back(arena_, one);
    };
    for (const Value mention : status_.get("mentions").items()) {
      add("Mention", '@', mention, has_text(mention, "acct") ? "acct" : "username");
    }
    for (const Value tag : status_.get("tags").items()) add("Hashtag", '#', tag, "name");
    return all;
  }

  Value status_;
  const StatusOwner& owner_;
  Arena& arena_;
  Value id_;
};

}  // namespace

Result<StatusOwner> status_owner(std::string_view document) {
  Arena arena;
  const Value actor = QP_TRY(parsed(document, arena));
  if (!has_text(actor, "id")) return bad_input("the archive's actor has no id");
  StatusOwner owner;
  owner.actor = actor.get("id").text();
  owner.followers =
      has_text(actor, "followers") ? actor.get("followers").text() : owner.actor + "/followers";
  return owner;
}

Result<std::string> activity_of_status(std::string_view status, const StatusOwner& owner) {
  Arena arena;
  const Value value = QP_TRY(parsed(status, arena));
  return json::to_text(QP_TRY(Converter(value, owner, arena).activity()));
}

Result<std::string> activity_of_post(std::string post, const StatusOwner& owner) {
  Arena arena;
  const std::string copy = post;
  const auto parsed_post = parsed(copy, arena);
  if (!parsed_post) return post;
  const Value note = *parsed_post;
  const bool is_post = has_text(note, "id") && note.get("attributedTo").is(owner.actor) &&
                       note.get("type").is_string() && !note.get("type").is("Tombstone") &&
                       !note.contains("actor");
  if (!is_post) return post;
  const Value activity = Value::object(arena, 8);
  const Value context = note.get("@context");
  if (note.erase("@context")) activity.set(arena, "@context", context);
  const std::string id = std::string(note.get("id").text()) + "/activity";
  activity.set(arena, "id", Value::string(id));
  activity.set(arena, "type", Value::string("Create"));
  activity.set(arena, "actor", Value::string(owner.actor));
  for (const std::string_view key : {"published", "to", "cc"}) {
    if (note.contains(key)) activity.set(arena, key, note.get(key));
  }
  activity.set(arena, "object", note);
  return json::to_text(activity);
}

}  // namespace qp::bulk
