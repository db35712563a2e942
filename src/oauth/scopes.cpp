#include "oauth/scopes.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace qp::oauth {

namespace {

/// In front of the names of the Basic Profile.
constexpr std::string_view kProfile = "https://swicg.github.io/activitypub-api/scopes#";

struct Row {
  Scope scope;
  std::string_view name;  ///< of one of the profile, the part behind kProfile
  std::string_view title;
};
/// In the order of Scope.
constexpr std::array kScopes{
    Row{Scope::Read, "read", "Read everything that you may read"},
    Row{Scope::Write, "write", "Post, change and delete in your name, and upload files"},
    Row{Scope::Follow, "follow", "Follow and block accounts, and answer requests to follow you"},
    Row{Scope::ReadAll, "readall", "Read all your data"},
    Row{Scope::ReadAny, "readany", "Read data on any server in your name"},
    Row{Scope::ReadOwn, "readown", "Read data on the app's own server"},
    Row{Scope::ReadLocal, "readlocal", "Read data on this server"},
    Row{Scope::ReadInbox, "readinbox", "Read your inbox"},
    Row{Scope::ReadOutbox, "readoutbox", "Read your outbox"},
    Row{Scope::ReadFollowers, "readfollowers", "See who follows you"},
    Row{Scope::ReadFollowing, "readfollowing", "See whom you follow"},
    Row{Scope::ReadLiked, "readliked", "See what you have liked"},
    Row{Scope::CreateContent, "createcontent", "Create new content"},
    Row{Scope::UpdateContent, "updatecontent", "Change existing content"},
    Row{Scope::DeleteContent, "deletecontent", "Delete content"},
    Row{Scope::FollowActors, "follow", "Follow and unfollow accounts"},
    Row{Scope::ManageFollowers, "managefollowers", "Accept, reject and remove followers"},
    Row{Scope::ManageCollections, "managecollections", "Add to and remove from collections"},
    Row{Scope::UpdateProfile, "updateprofile", "Change your profile"},
    Row{Scope::Like, "like", "Like and unlike content"},
    Row{Scope::Share, "share", "Share and unshare content"},
    Row{Scope::Block, "block", "Block and unblock accounts"},
    Row{Scope::Flag, "flag", "Report accounts"},
    Row{Scope::ReactLocal, "reactlocal", "Like, share and reply to content on this server"},
    Row{Scope::ReactOwn, "reactown", "Like, share and reply to content on the app's own server"},
    Row{Scope::ReactAny, "reactany", "Like, share and reply to content on any server"},
    Row{Scope::AddressAll, "addressall", "Post to anyone"},
    Row{Scope::AddressPublic, "addresspublic", "Post publicly"},
    Row{Scope::AddressActor, "addressactor", "Post privately to accounts"},
    Row{Scope::AddressFollowers, "addressfollowers", "Post to your followers"},
    Row{Scope::UploadFiles, "uploadfiles", "Upload files"},
    Row{Scope::SparqlUpdate, "sparql-update", "Change what you wrote, and your profile, by SPARQL"},
};

/// A scope and what it allows besides itself. In an order in which one pass finds all.
struct Implication {
  Scope scope;
  Scopes others;
};
constexpr std::array kImplied{
    Implication{Scope::Read, Scopes(Scope::ReadAll) | Scope::ReadAny},
    Implication{Scope::ReadAll, Scopes(Scope::ReadInbox) | Scope::ReadOutbox |
                                    Scope::ReadFollowers | Scope::ReadFollowing | Scope::ReadLiked},
    Implication{Scope::ReadAny, Scopes(Scope::ReadOwn) | Scope::ReadLocal},
    Implication{Scope::Write, Scopes(Scope::CreateContent) | Scope::UpdateContent |
                                  Scope::DeleteContent | Scope::ManageCollections |
                                  Scope::UpdateProfile | Scope::Like | Scope::Share | Scope::Flag |
                                  Scope::ReactAny | Scope::AddressAll | Scope::UploadFiles},
    Implication{Scope::Follow, Scopes(Scope::FollowActors) | Scope::ManageFollowers | Scope::Block},
    Implication{Scope::ReactAny, Scopes(Scope::ReactLocal) | Scope::ReactOwn},
    Implication{Scope::AddressAll,
                Scopes(Scope::AddressPublic) | Scope::AddressActor | Scope::AddressFollowers},
};

const Row& row_of(Scope scope) { return kScopes[static_cast<std::size_t>(scope)]; }

bool is_of_profile(Scope scope) { return scope > Scope::Follow && scope != Scope::SparqlUpdate; }

std::optional<Scope> find_scope(std::string_view name) {
  const bool is_address = name.starts_with(kProfile);
  if (is_address) name.remove_prefix(kProfile.size());
  for (const Row& row : kScopes) {
    if (row.name == name && is_of_profile(row.scope) == is_address) return row.scope;
  }
  return std::nullopt;
}

}  // namespace

std::string scope_name(Scope scope) {
  const std::string_view name = row_of(scope).name;
  return is_of_profile(scope) ? std::string(kProfile) + std::string(name) : std::string(name);
}

std::string_view scope_title(Scope scope) { return row_of(scope).title; }

Result<Scopes> Scopes::parse(std::string_view text) {
  Scopes scopes;
  for (const std::string_view name : text::split(text, ' ')) {
    if (name.empty()) continue;
    const auto scope = find_scope(name);
    if (!scope) return bad_input("unknown scope");
    scopes = scopes | *scope;
  }
  return scopes;
}

std::vector<std::string> Scopes::known_names() {
  std::vector<std::string> names;
  names.reserve(kScopes.size());
  for (const Row& row : kScopes) names.push_back(scope_name(row.scope));
  return names;
}

Scopes Scopes::implied() const {
  Scopes all = *this;
  for (const Implication& rule : kImplied) {
    if ((all.bits_ & Scopes(rule.scope).bits_) != 0) all = all | rule.others;
  }
  return all;
}

std::vector<Scope> Scopes::list() const {
  std::vector<Scope> scopes;
  for (const Row& row : kScopes) {
    if ((bits_ & Scopes(row.scope).bits_) != 0) scopes.push_back(row.scope);
  }
  return scopes;
}

std::vector<std::string> Scopes::names() const {
  std::vector<std::string> names;
  for (const Scope scope : list()) names.push_back(scope_name(scope));
  return names;
}

std::string Scopes::text() const {
  std::string out;
  for (const std::string& name : names()) out += (out.empty() ? "" : " ") + name;
  return out;
}

}  // namespace qp::oauth
