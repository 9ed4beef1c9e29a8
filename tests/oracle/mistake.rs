//! Ways for the evaluator to be wrong, to show that a difference is found.

/// One rule that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    NoDocumentScore,
    RangesInclude,
    StemsEveryField,
    StemsAlone,
    PhraseSpansFields,
    KnnIgnoresFilter,
    MissingFirst,
    CountsPage,
    RadiusIgnored,
    DistanceOfOthers,
    SlopIgnored,
    OrderIgnored,
    DistanceIgnored,
    WeightIgnored,
    FuzzyTooNear,
    KeysIgnored,
    FacetsOfPage,
    SortsByFirst,
    PlaceIgnored,
}

/// All of them.
pub(crate) const MISTAKES: [Mistake; 19] = [
    Mistake::NoDocumentScore,
    Mistake::RangesInclude,
    Mistake::StemsEveryField,
    Mistake::StemsAlone,
    Mistake::PhraseSpansFields,
    Mistake::KnnIgnoresFilter,
    Mistake::MissingFirst,
    Mistake::CountsPage,
    Mistake::RadiusIgnored,
    Mistake::DistanceOfOthers,
    Mistake::SlopIgnored,
    Mistake::OrderIgnored,
    Mistake::DistanceIgnored,
    Mistake::WeightIgnored,
    Mistake::FuzzyTooNear,
    Mistake::KeysIgnored,
    Mistake::FacetsOfPage,
    Mistake::SortsByFirst,
    Mistake::PlaceIgnored,
];
