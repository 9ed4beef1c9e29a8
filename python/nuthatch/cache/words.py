"""The words that the guard knows: English, as prompts mostly are. Of other languages it compares numbers
and names, which are written with capitals in most.
"""

from __future__ import annotations

NEGATIONS = frozenset(
    [
        "no",
        "not",
        "never",
        "none",
        "nothing",
        "nobody",
        "nowhere",
        "neither",
        "nor",
        "cannot",
        "cant",
        "without",
        "wont",
        "dont",
        "doesnt",
        "didnt",
        "isnt",
        "arent",
        "wasnt",
        "werent",
        "hasnt",
        "havent",
        "hadnt",
        "wouldnt",
        "couldnt",
        "shouldnt",
        "lacking",
    ]
)

NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
    # "One" is more often a pronoun than a number.
    if word != "one"
}

COMMON = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "done",
        "for",
        "from",
        "get",
        "got",
        "had",
        "has",
        "have",
        "he",
        "her",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "me",
        "mine",
        "my",
        "of",
        "on",
        "or",
        "our",
        "she",
        "should",
        "so",
        "some",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "yours",
        "also",
        "about",
        "ok",
        "please",
        "tell",
        "show",
        "explain",
        "describe",
        "list",
        "give",
        "find",
        "make",
    ]
)
"""Words that name nothing."""

STARTERS = COMMON | frozenset(
    [
        "after",
        "all",
        "although",
        "am",
        "anyone",
        "because",
        "before",
        "best",
        "between",
        "during",
        "each",
        "every",
        "everyone",
        "except",
        "hello",
        "hey",
        "hi",
        "however",
        "let",
        "many",
        "most",
        "much",
        "need",
        "no",
        "not",
        "now",
        "one",
        "only",
        "other",
        "people",
        "recently",
        "since",
        "someone",
        "something",
        "sometimes",
        "still",
        "such",
        "suppose",
        "thanks",
        "today",
        "though",
        "under",
        "until",
        "using",
        "want",
        "whats",
        "whatever",
        "whenever",
        "whether",
        "within",
        "without",
        "write",
        "translate",
        "summarise",
        "summarize",
        "compare",
        "create",
        "convert",
        "calculate",
        "compute",
        "generate",
        "good",
        "great",
        "new",
        "old",
        "top",
        "is're",
    ]
)
"""Words that a sentence begins with; a capital there makes no name of them."""

_PAIRS = (
    "buy/sell gain/lose increase/decrease raise/lower before/after with/without start/end begin/finish "
    "open/close import/export enable/disable install/uninstall add/remove male/female man/woman boy/girl "
    "men/women husband/wife mother/father brother/sister son/daughter girlfriend/boyfriend "
    "minimum/maximum min/max first/last early/late good/bad best/worst better/worse high/low more/less "
    "most/least large/small big/small long/short hot/cold fast/slow easy/hard easy/difficult rich/poor "
    "encrypt/decrypt encode/decode compress/decompress upload/download push/pull send/receive lend/borrow "
    "give/take win/lose accept/reject allow/deny allow/forbid lock/unlock mount/unmount connect/disconnect "
    "activate/deactivate subscribe/unsubscribe follow/unfollow block/unblock join/leave enter/exit "
    "north/south east/west left/right up/down inside/outside above/below over/under forward/backward "
    "ascending/descending asc/desc sync/async synchronous/asynchronous public/private legal/illegal "
    "possible/impossible safe/unsafe safe/dangerous healthy/unhealthy advantage/disadvantage pro/con "
    "positive/negative true/false yes/no love/hate like/dislike alive/dead born/die life/death "
    "arrive/depart arrival/departure read/write load/save client/server create/delete create/destroy "
    "online/offline internal/external input/output source/target old/new young/old cheap/expensive "
    "morning/evening day/night summer/winter past/future debit/credit lose/find hire/fire "
    "hide/show include/exclude stronger/weaker strong/weak thin/thick loose/tight wet/dry debug/release"
)


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _PAIRS.split():
        one, other = pair.split("/")
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


OPPOSITES = _opposites()
"""Words with their opposites."""

QUALIFIERS = frozenset(
    [
        "first",
        "second",
        "third",
        "last",
        "next",
        "previous",
        "free",
        "cheapest",
        "cheap",
        "fastest",
        "easiest",
        "safest",
        "oldest",
        "newest",
        "latest",
        "only",
        "alone",
        "daily",
        "weekly",
        "monthly",
        "yearly",
        "annually",
    ]
)
"""Words that narrow a question down: one prompt with and the other without asks for something else."""

ASKS = frozenset(["why", "when", "where", "who"])
"""Words that say what is asked for; "what", "which" and "how" stand for each other too often."""

RELATIONS = frozenset(["to", "from", "into", "than", "against", "versus", "before", "after", "without"])
"""Words whose two sides are not the same when they change places."""
