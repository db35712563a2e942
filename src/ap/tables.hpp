#pragma once

#include "store/store.hpp"

/// Key-value tables of this layer; oauth has 1-19. Values are JSON texts unless said otherwise.
namespace qp::ap {

/// Longer keys cannot be in a table (store::Table).
inline constexpr std::size_t kMaxKey = 480;

inline constexpr store::Table kDomains{20};       ///< host[:port] -> Domain
inline constexpr store::Table kActors{21};        ///< actor IRI -> Actor
inline constexpr store::Table kActorNames{22};    ///< host, space, folded username -> actor IRI
inline constexpr store::Table kActorsByUser{23};  ///< user, space, number -> actor IRI
inline constexpr store::Table kCollections{24};   ///< collection IRI -> CollectionRecord
inline constexpr store::Table kPrivateKeys{25};   ///< actor IRI -> PEM, as it is
inline constexpr store::Table kRemoteActors{26};  ///< actor IRI -> RemoteActor
inline constexpr store::Table kBlockedHosts{29};  ///< host -> empty
inline constexpr store::Table kCounters{30};      ///< name -> decimal number
inline constexpr store::Table kContexts{32};      ///< URL -> a JSON-LD context document, as it is
inline constexpr store::Table kMissingContexts{33};  ///< URL, space, document IRI -> empty
inline constexpr store::Table kDeliveries{31};       ///< activity IRI, space, host -> Delivery
inline constexpr store::Table kClosedReports{40};  ///< Flag IRI -> the user who closed it, as it is
inline constexpr store::Table kHosts{44};          ///< host[:port] -> HostState
inline constexpr store::Table kApplications{45};   ///< host[:port] -> actor IRI, as it is

// Keys of two things at once: pair_key (effects.hpp).
inline constexpr store::Table kReactions{50};  ///< kind, collection, actor -> the activity's IRI
inline constexpr store::Table kFollows{51};    ///< follower, followed -> Relation
/// Object, actor that deleted it unseen, or "undone", activity, actor that took it back -> empty.
inline constexpr store::Table kGone{52};
inline constexpr store::Table kEmbeddedIn{
    53};                                    ///< hash of a resource, space, activity IRI -> empty
inline constexpr store::Table kVotes{54};   ///< option or "voter", question, voter -> activity IRI
inline constexpr store::Table kCaused{55};  ///< activity IRI -> what it changed, a list of texts
inline constexpr store::Table kAllowedHosts{57};  ///< host -> empty; none: all but the blocked
inline constexpr store::Table kFollowersOf{60};   ///< followers IRI -> actor IRI, as it is
inline constexpr store::Table kMedia{41};         ///< name -> media type, LF, the bytes of the file
inline constexpr store::Table kMediaBytes{42};    ///< user -> decimal number, of all their files
/// Object IRI -> a line for each of its files: the name, space, user (or nobody).
inline constexpr store::Table kMediaOf{43};
inline constexpr store::Table kAliases{58};  ///< kind, actor, former id (pair_key) -> the IRI now
inline constexpr store::Table kImports{59};  ///< of an import, by its hash -> how far it came

}  // namespace qp::ap
