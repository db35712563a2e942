#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace qp::oauth {

/// What a token allows. The first three are coarse and imply most of the others, which are (but for
/// the last) those of the ActivityPub API task force's Basic Profile (spec: client-api.md); a
/// client asks for these by their addresses, `https://swicg.github.io/activitypub-api/scopes#like`.
enum class Scope : std::uint8_t {
  Read,    ///< what the user may see
  Write,   ///< post to the user's outboxes, make actors, upload
  Follow,  ///< follow, block and answer requests to follow

  ReadAll,    ///< the user's own data: profile, collections, content
  ReadAny,    ///< data on any server, by the proxy too
  ReadOwn,    ///< data on the client's own server
  ReadLocal,  ///< data on this server
  ReadInbox,  ///< ... of one collection of the user's
  ReadOutbox,
  ReadFollowers,
  ReadFollowing,
  ReadLiked,
  CreateContent,
  UpdateContent,
  DeleteContent,
  FollowActors,       ///< follow and unfollow
  ManageFollowers,    ///< accept, reject and remove followers
  ManageCollections,  ///< add to and remove from the user's own collections
  UpdateProfile,
  Like,
  Share,
  Block,
  Flag,
  ReactLocal,  ///< like, share and reply to what is on this server
  ReactOwn,    ///< ... on the client's own server
  ReactAny,    ///< ... on any
  AddressAll,  ///< name anybody in to, cc, bto, bcc and audience
  AddressPublic,
  AddressActor,
  AddressFollowers,
  UploadFiles,
  SparqlUpdate,  ///< change what the user's actors wrote, by SPARQL; nothing else implies it
};

/// A set of them (RFC 6749 3.3).
class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr Scopes(Scope scope) : bits_(std::uint64_t{1} << static_cast<unsigned>(scope)) {}
  /// The coarse ones, and so everything; what is granted where a request names none.
  static constexpr Scopes all() { return Scopes(Scope::Read) | Scope::Write | Scope::Follow; }
  /// Names between spaces, in any order; empty: none. BadInput on an unknown one.
  static Result<Scopes> parse(std::string_view text);
  /// All names that `parse` knows, the coarse ones first.
  static std::vector<std::string> known_names();

  /// True if it is in the set, or something in the set implies it.
  bool has(Scope scope) const { return Scopes(scope).within(*this); }
  /// True if `other` allows all that this set allows.
  bool within(Scopes other) const { return (bits_ & ~other.implied().bits_) == 0; }
  constexpr bool empty() const { return bits_ == 0; }
  /// "read write follow": always in the order of Scope.
  std::string text() const;
  std::vector<std::string> names() const;
  /// The scopes named, without what they imply.
  std::vector<Scope> list() const;

  friend constexpr Scopes operator|(Scopes a, Scopes b) {
    Scopes both;
    both.bits_ = a.bits_ | b.bits_;
    return both;
  }
  friend constexpr bool operator==(Scopes, Scopes) = default;

 private:
  Scopes implied() const;

  std::uint64_t bits_ = 0;
};

/// The name that requests and answers know it by.
std::string scope_name(Scope scope);
/// What it allows, for the person who is asked: "Like and unlike".
std::string_view scope_title(Scope scope);

}  // namespace qp::oauth
