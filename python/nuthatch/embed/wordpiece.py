"""The tokens of BERT models that know no capitals: words, and pieces of those that are not known.

As the model's authors describe it (Devlin et al. 2018, and the vocabulary's own conventions): text is
cleaned, lower-cased, freed of accents and split at white space and punctuation; a word is then taken
apart from the left into the longest pieces that the vocabulary has.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_LONGEST_WORD = 100
"""Letters; a longer word is unknown."""

_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
"""Characters that are words by themselves."""


class WordPiece:
    """A vocabulary, one token a line, the number of each its line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._ids = {line: number for number, line in enumerate(lines)}
        missing = [token for token in ("[UNK]", "[CLS]", "[SEP]", "[PAD]") if token not in self._ids]
        if missing:
            raise ValueError(f"the vocabulary lacks {', '.join(missing)}: it is none of a BERT model")
        self._unknown = self._ids["[UNK]"]
        self._start = self._ids["[CLS]"]
        self._end = self._ids["[SEP]"]

    def __call__(self, text: str, most: int) -> list[int]:
        """The numbers of a text's tokens, between those of start and end, `most` at most."""
        found: list[int] = []
        for word in words(text):
            found += self._pieces(word)
            if len(found) >= most - 2:
                break
        return [self._start, *found[: most - 2], self._end]

    def _pieces(self, word: str) -> list[int]:
        whole = self._ids.get(word)
        if whole is not None:
            return [whole]
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        pieces: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._ids.get(prefix + word[start:end])
                if piece is not None:
                    pieces.append(piece)
                    start = end
                    break
            else:
                return [self._unknown]
        return pieces


def words(text: str) -> list[str]:
    """The words of a text, punctuation and ideographs each by itself."""
    cleaned: list[str] = []
    for letter in text:
        code = ord(letter)
        if letter in "\t\n\r" or unicodedata.category(letter) == "Zs":
            cleaned.append(" ")
        elif code in (0, 0xFFFD) or unicodedata.category(letter).startswith("C"):
            continue
        elif any(first <= code <= last for first, last in _CJK):
            cleaned.append(f" {letter} ")
        else:
            cleaned.append(letter)
    # Case first and accents then: "İ" becomes "i" and a dot above, which goes.
    plain = unicodedata.normalize("NFD", "".join(cleaned).lower())
    parts: list[str] = []
    for letter in plain:
        if unicodedata.category(letter) == "Mn":
            continue
        parts.append(f" {letter} " if _is_punctuation(letter) else letter)
    return "".join(parts).split()


def _is_punctuation(letter: str) -> bool:
    code = ord(letter)
    if code < 0x80:
        return 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return unicodedata.category(letter).startswith("P")
