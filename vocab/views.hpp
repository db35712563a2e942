#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "vocab/terms.hpp"

/// The views as tables: which properties a resource of a kind has, and in what shape they go over
/// the wire. Data only: one engine (view/project) walks them. The JSON key is the local name of the
/// property, which is what the contexts call it too.
namespace qp::vocab {

/// What the values are, where no context says so.
enum class Kind : std::uint8_t {
  Text,      ///< with or without a language
  Time,      ///< xsd:dateTime
  Duration,  ///< xsd:duration
  Boolean,   ///< JSON true and false
  Number,    ///< a JSON number
  Iri,       ///< always a plain string: peers read nothing else here
  Node,      ///< a resource: a link, or what is known of it where it has no address of its own
  Any,
};

enum class Count : std::uint8_t {
  One,   ///< a single value where there is one
  Many,  ///< always an array
  List,  ///< always an array, and its order is part of what it says
};

enum class Show : std::uint8_t {
  Plain,       ///< with what the same document says of it: a part of the resource
  Embed,       ///< with what its own graph says, where this reader may read that
  Reference,   ///< by its address alone: only what is there says what it is
  AuthorOnly,  ///< only the author sees it
};

struct Field {
  Word property;
  Kind kind = Kind::Text;
  Count count = Count::One;
  Show show = Show::Plain;
};

/// A resource belongs to a view by one of its types, or by one of the properties that it has.
struct View {
  std::string_view name;
  std::span<const Word> types, signs;
  std::span<const std::span<const Field>> fields;
};

// What nearly everything can have (ActivityStreams 2.0, Object).
inline constexpr std::array kSharedFields = {
    Field{as::name},
    Field{as::content},
    Field{as::summary},
    Field{as::mediaType},
    Field{as::published, Kind::Time},
    Field{as::updated, Kind::Time},
    Field{as::startTime, Kind::Time},
    Field{as::endTime, Kind::Time},
    Field{as::duration, Kind::Duration},
    Field{as::sensitive, Kind::Boolean},
    Field{as::source, Kind::Node},
    Field{as::context, Kind::Node, Count::One, Show::Reference},
    Field{as::generator, Kind::Node},
    Field{as::icon, Kind::Node},
    Field{as::image, Kind::Node},
    Field{as::location, Kind::Node},
    Field{as::preview, Kind::Node},
    Field{as::tag, Kind::Node, Count::Many},
    Field{as::inReplyTo, Kind::Node, Count::One, Show::Reference},
    Field{as::attributedTo, Kind::Node, Count::One, Show::Reference},
    Field{as::attachment, Kind::Node, Count::Many},
    Field{as::audience, Kind::Node, Count::One, Show::Reference},
    Field{as::to, Kind::Iri, Count::Many},
    Field{as::cc, Kind::Iri, Count::Many},
    Field{as::bto, Kind::Iri, Count::Many, Show::AuthorOnly},
    Field{as::bcc, Kind::Iri, Count::Many, Show::AuthorOnly},
    Field{as::replies, Kind::Node, Count::One, Show::Reference},
    Field{as::likes, Kind::Node, Count::One, Show::Reference},
    Field{as::shares, Kind::Node, Count::One, Show::Reference},
    Field{as::url, Kind::Node},
    Field{as::width, Kind::Number},
    Field{as::height, Kind::Number},
    Field{sec::proof, Kind::Any},
    Field{sec::signature, Kind::Node},
};

// Objects, with what the extensions of well-known servers add to them.
inline constexpr std::array kObjectFields = {
    Field{toot::blurhash},
    Field{toot::focalPoint, Kind::Number, Count::List},
    Field{as::quoteUrl, Kind::Iri},
    Field{fedibird::quoteUri, Kind::Iri},
    Field{misskey::misskey_quote, Kind::Iri},
    Field{misskey::misskey_content},
    Field{misskey::misskey_reaction},
    Field{fep_044f::quote, Kind::Node, Count::One, Show::Reference},
    Field{fep_044f::quoteAuthorization, Kind::Node, Count::One, Show::Reference},
    Field{gts::interactionPolicy, Kind::Node},
    Field{gts::approvedBy, Kind::Iri},
    Field{gts::likeAuthorization, Kind::Node, Count::One, Show::Reference},
    Field{gts::replyAuthorization, Kind::Node, Count::One, Show::Reference},
    Field{gts::announceAuthorization, Kind::Node, Count::One, Show::Reference},
    Field{ostatus::atomUri},
    Field{ostatus::inReplyToAtomUri},
    Field{ostatus::conversation},
    Field{as::dislikes, Kind::Node, Count::One, Show::Reference},
    Field{litepub::directMessage, Kind::Boolean},
};
inline constexpr std::array kActorFields = {
    Field{ldp::inbox, Kind::Iri},
    Field{as::outbox, Kind::Iri},
    Field{ldp::outbox, Kind::Iri},  // as older servers wrote it
    Field{as::following, Kind::Iri},
    Field{as::followers, Kind::Iri},
    Field{as::liked, Kind::Iri},
    Field{as::streams, Kind::Iri, Count::Many},
    Field{as::preferredUsername},
    Field{as::manuallyApprovesFollowers, Kind::Boolean},
    Field{as::endpoints, Kind::Node},
    Field{as::movedTo, Kind::Iri},
    Field{as::alsoKnownAs, Kind::Iri, Count::Many},
    Field{sec::publicKey, Kind::Node, Count::One, Show::Reference},
    Field{sec::assertionMethod, Kind::Node, Count::Many, Show::Reference},
    Field{toot::featured, Kind::Iri},
    Field{toot::featuredTags, Kind::Iri},
    Field{toot::discoverable, Kind::Boolean},
    Field{toot::indexable, Kind::Boolean},
    Field{toot::memorial, Kind::Boolean},
    Field{toot::suspended, Kind::Boolean},
    Field{toot::attributionDomains, Kind::Text, Count::Many},
    Field{webfinger::webfinger},
    Field{misskey::isCat, Kind::Boolean},
    Field{litepub::capabilities, Kind::Node},
};
inline constexpr std::array kActivityFields = {
    Field{as::actor, Kind::Node, Count::One, Show::Reference},
    Field{as::object, Kind::Node, Count::One, Show::Reference},
    Field{as::target, Kind::Node, Count::One, Show::Reference},
    Field{as::result, Kind::Node, Count::One, Show::Reference},
    Field{as::instrument, Kind::Node, Count::One, Show::Reference},
    Field{as::origin, Kind::Node, Count::One, Show::Reference},
};
/// Activities whose object is read together with them.
inline constexpr std::array kCarrierFields = {
    Field{as::object, Kind::Node, Count::One, Show::Embed},
};
inline constexpr std::array kCollectionFields = {
    Field{as::totalItems, Kind::Number},
    Field{as::current, Kind::Node, Count::One, Show::Reference},
    Field{as::first, Kind::Node, Count::One, Show::Reference},
    Field{as::last, Kind::Node, Count::One, Show::Reference},
    Field{as::items, Kind::Node, Count::Many, Show::Reference},
};
inline constexpr std::array kCollectionPageFields = {
    Field{as::partOf, Kind::Iri},
    Field{as::next, Kind::Iri},
    Field{as::prev, Kind::Iri},
    Field{as::startIndex, Kind::Number},
};
inline constexpr std::array kQuestionFields = {
    Field{as::closed, Kind::Any},
    Field{as::anyOf, Kind::Node, Count::Many},
    Field{as::oneOf, Kind::Node, Count::Many},
    Field{toot::votersCount, Kind::Number},
};
inline constexpr std::array kLinkFields = {
    Field{as::name},
    Field{as::href, Kind::Iri},
    Field{as::mediaType},
    Field{as::rel},
    Field{as::hreflang},
    Field{as::height, Kind::Number},
    Field{as::width, Kind::Number},
    Field{as::preview, Kind::Node},
    Field{pt::fps, Kind::Number},
    Field{pt::size, Kind::Number},
};
inline constexpr std::array kEmojiFields = {
    Field{as::name},
    Field{as::icon, Kind::Node},
    Field{as::updated, Kind::Time},
};
inline constexpr std::array kEndpointsFields = {
    Field{as::proxyUrl, Kind::Iri},           Field{as::oauthAuthorizationEndpoint, Kind::Iri},
    Field{as::oauthTokenEndpoint, Kind::Iri}, Field{as::provideClientKey, Kind::Iri},
    Field{as::signClientKey, Kind::Iri},      Field{as::sharedInbox, Kind::Iri},
    Field{as::uploadMedia, Kind::Iri},        Field{litepub::oauthRegistrationEndpoint, Kind::Iri},
};
inline constexpr std::array kSourceFields = {
    Field{as::content},
    Field{as::mediaType},
};
inline constexpr std::array kKeyFields = {
    Field{sec::owner, Kind::Iri},    Field{sec::controller, Kind::Iri},
    Field{sec::publicKeyPem},        Field{sec::publicKeyMultibase},
    Field{sec::revoked, Kind::Time}, Field{sec::expiration, Kind::Time},
};
inline constexpr std::array kSignatureFields = {
    Field{dc::created, Kind::Time}, Field{dc::creator, Kind::Iri}, Field{sec::signatureValue},
    Field{sec::signatureAlgorithm}, Field{sec::signingAlgorithm},  Field{sec::nonce},
};
inline constexpr std::array kPlaceFields = {
    Field{as::accuracy, Kind::Number},       Field{as::altitude, Kind::Number},
    Field{as::latitude, Kind::Number},       Field{as::longitude, Kind::Number},
    Field{as::radius, Kind::Number},         Field{as::units},
    Field{schema_hash::address, Kind::Node},
};
inline constexpr std::array kProfileFields = {
    Field{as::describes, Kind::Node, Count::One, Show::Reference}};
inline constexpr std::array kRelationshipFields = {
    Field{as::subject, Kind::Node, Count::One, Show::Reference},
    Field{as::object, Kind::Node, Count::One, Show::Reference},
    Field{as::relationship, Kind::Node, Count::One, Show::Reference},
};
inline constexpr std::array kTombstoneFields = {
    Field{as::formerType, Kind::Any},
    Field{as::deleted, Kind::Time},
};
inline constexpr std::array kPropertyValueFields = {
    Field{as::name},
    Field{schema_hash::value},
    Field{schema::value},
};
inline constexpr std::array kLanguageFields = {
    Field{schema::identifier},
    Field{schema_hash::identifier},
    Field{as::name},
};
inline constexpr std::array kLemmyFields = {
    Field{lemmy::matrixUserId},
    Field{lemmy::removeData, Kind::Boolean},
    Field{lemmy::stickied, Kind::Boolean},
    Field{lemmy::distinguished, Kind::Boolean},
    Field{lemmy::postingRestrictedToMods, Kind::Boolean},
    Field{lemmy::moderators, Kind::Iri},
    Field{pt::commentsEnabled, Kind::Boolean},
    Field{schema::inLanguage, Kind::Any},
    Field{schema_hash::inLanguage, Kind::Any},
};

inline constexpr std::array kActorTypes = {as::Person, as::Group, as::Service, as::Organization,
                                           as::Application};
inline constexpr std::array kCarrierTypes = {as::Create, as::Update, as::Accept, as::Reject,
                                             as::Undo,   as::Offer,  as::Invite};
inline constexpr std::array kActivityTypes = {as::Activity,
                                              as::IntransitiveActivity,
                                              as::Accept,
                                              as::Add,
                                              as::Announce,
                                              as::Arrive,
                                              as::Block,
                                              as::Create,
                                              as::Delete,
                                              as::Dislike,
                                              as::Flag,
                                              as::Follow,
                                              as::Ignore,
                                              as::Invite,
                                              as::Join,
                                              as::Leave,
                                              as::Like,
                                              as::Listen,
                                              as::Move,
                                              as::Offer,
                                              as::Reject,
                                              as::Read,
                                              as::Remove,
                                              as::TentativeReject,
                                              as::TentativeAccept,
                                              as::Travel,
                                              as::Undo,
                                              as::Update,
                                              as::View,
                                              litepub::EmojiReact};
inline constexpr std::array kCollectionTypes = {as::Collection, as::OrderedCollection};
inline constexpr std::array kPageTypes = {as::CollectionPage, as::OrderedCollectionPage};
inline constexpr std::array kQuestionTypes = {as::Question};
inline constexpr std::array kLinkTypes = {as::Link, as::Mention, as::Hashtag};
inline constexpr std::array kLinkSigns = {as::href};
inline constexpr std::array kEmojiTypes = {as::Emoji, toot::Emoji};
inline constexpr std::array kEndpointsSigns = {
    as::proxyUrl,           as::oauthAuthorizationEndpoint,
    as::oauthTokenEndpoint, as::provideClientKey,
    as::signClientKey,      as::sharedInbox,
    as::uploadMedia};
inline constexpr std::array kKeyTypes = {sec::Key, sec::Multikey};
inline constexpr std::array kKeySigns = {sec::publicKeyPem, sec::publicKeyMultibase};
inline constexpr std::array kSignatureTypes = {sec::RsaSignature2017};
inline constexpr std::array kSignatureSigns = {sec::signatureValue};
inline constexpr std::array kPlaceTypes = {as::Place};
inline constexpr std::array kProfileTypes = {as::Profile};
inline constexpr std::array kRelationshipTypes = {as::Relationship};
inline constexpr std::array kTombstoneTypes = {as::Tombstone};
inline constexpr std::array kPropertyValueTypes = {schema_hash::PropertyValue,
                                                   schema::PropertyValue};
inline constexpr std::array kLanguageSigns = {schema::identifier, schema_hash::identifier};

using Fields = std::span<const Field>;
inline constexpr std::array<Fields, 3> kObjectParts = {kSharedFields, kObjectFields, kLemmyFields};
inline constexpr std::array<Fields, 3> kActorParts = {kActorFields, kSharedFields, kLemmyFields};
inline constexpr std::array<Fields, 3> kCarrierParts = {kCarrierFields, kActivityFields,
                                                        kSharedFields};
inline constexpr std::array<Fields, 3> kActivityParts = {kActivityFields, kSharedFields,
                                                         kObjectFields};
inline constexpr std::array<Fields, 2> kCollectionParts = {kCollectionFields, kSharedFields};
inline constexpr std::array<Fields, 3> kPageParts = {kCollectionPageFields, kCollectionFields,
                                                     kSharedFields};
inline constexpr std::array<Fields, 4> kQuestionParts = {kQuestionFields, kActivityFields,
                                                         kSharedFields, kObjectFields};
inline constexpr std::array<Fields, 1> kLinkParts = {kLinkFields};
inline constexpr std::array<Fields, 1> kEmojiParts = {kEmojiFields};
inline constexpr std::array<Fields, 1> kEndpointsParts = {kEndpointsFields};
inline constexpr std::array<Fields, 1> kSourceParts = {kSourceFields};
inline constexpr std::array<Fields, 1> kKeyParts = {kKeyFields};
inline constexpr std::array<Fields, 1> kSignatureParts = {kSignatureFields};
inline constexpr std::array<Fields, 2> kPlaceParts = {kPlaceFields, kSharedFields};
inline constexpr std::array<Fields, 2> kProfileParts = {kProfileFields, kSharedFields};
inline constexpr std::array<Fields, 2> kRelationshipParts = {kRelationshipFields, kSharedFields};
inline constexpr std::array<Fields, 2> kTombstoneParts = {kTombstoneFields, kSharedFields};
inline constexpr std::array<Fields, 1> kPropertyValueParts = {kPropertyValueFields};
inline constexpr std::array<Fields, 1> kLanguageParts = {kLanguageFields};
inline constexpr std::array<Fields, 1> kLemmyParts = {kLemmyFields};

/// In the order in which they claim a resource; Object is the last and takes what no other wants.
/// Source and Lemmy claim nothing: they are asked for by name.
inline constexpr std::array kViews = {
    View{"Tombstone", kTombstoneTypes, {}, kTombstoneParts},
    View{"Actor", kActorTypes, {}, kActorParts},
    View{"Question", kQuestionTypes, {}, kQuestionParts},
    View{"Carrier", kCarrierTypes, {}, kCarrierParts},
    View{"Activity", kActivityTypes, {}, kActivityParts},
    View{"CollectionPage", kPageTypes, {}, kPageParts},
    View{"Collection", kCollectionTypes, {}, kCollectionParts},
    View{"Place", kPlaceTypes, {}, kPlaceParts},
    View{"Profile", kProfileTypes, {}, kProfileParts},
    View{"Relationship", kRelationshipTypes, {}, kRelationshipParts},
    View{"Emoji", kEmojiTypes, {}, kEmojiParts},
    View{"Link", kLinkTypes, kLinkSigns, kLinkParts},
    View{"PropertyValue", kPropertyValueTypes, {}, kPropertyValueParts},
    View{"SecV1", kKeyTypes, kKeySigns, kKeyParts},
    View{"Signature", kSignatureTypes, kSignatureSigns, kSignatureParts},
    View{"Endpoints", {}, kEndpointsSigns, kEndpointsParts},
    View{"Language", {}, kLanguageSigns, kLanguageParts},
    View{"Source", {}, {}, kSourceParts},
    View{"Lemmy", {}, {}, kLemmyParts},
    View{"Object", {}, {}, kObjectParts},
};

constexpr const View* find_view(std::string_view name) {
  for (const View& view : kViews) {
    if (view.name == name) return &view;
  }
  return nullptr;
}

constexpr const Field* find_field(const View& view, TermId property) {
  for (const Fields part : view.fields) {
    for (const Field& field : part) {
      if (property == field.property) return &field;
    }
  }
  return nullptr;
}

/// An activity that carries its object, in Show::Embed.
struct Embed {
  Word type;
  Word property;
};
inline constexpr std::array kEmbeds = {
    Embed{as::Create, as::object}, Embed{as::Update, as::object}, Embed{as::Accept, as::object},
    Embed{as::Reject, as::object}, Embed{as::Undo, as::object},   Embed{as::Offer, as::object},
    Embed{as::Invite, as::object},
};

/// Recipients that only the author is shown (ActivityPub 6, 7.1).
constexpr bool is_hidden_recipient(TermId predicate) {
  return predicate == as::bto || predicate == as::bcc;
}
/// The members of a JSON document that name them, whatever its context.
inline constexpr std::array<std::string_view, 6> kHiddenNames = {
    "bto", "bcc", "as:bto", "as:bcc", as::bto.iri, as::bcc.iri};

}  // namespace qp::vocab
