"""Words of documents that are written, written over and deleted in any order, before and after a reload."""

import random

DOCUMENTS = 6_000
WRITES = 12_000
WORDS = [f"w{number}" for number in range(60)]
ASKED = ["w0", "w1", "w5", "w20", "w50"]


class Written:
    """Documents as they were sent, the words of each and its tag."""

    def __init__(self, client, seed):
        self.client, self.source = client, random.Random(seed)
        self.documents = {}

    def fill(self):
        pipeline = self.client.pipeline(transaction=False)
        for number in range(DOCUMENTS):
            self.write(pipeline, number)
        pipeline.execute()

    def change(self):
        pipeline = self.client.pipeline(transaction=False)
        for _ in range(WRITES):
            number = self.source.randrange(DOCUMENTS + DOCUMENTS // 10)
            if self.source.random() < 0.3:
                pipeline.delete(f"d:{number}")
                self.documents.pop(number, None)
            else:
                self.write(pipeline, number)
        pipeline.execute()

    def write(self, pipeline, number):
        # From every document to one in nineteen.
        words = [word for at, word in enumerate(WORDS) if self.source.random() * (1 + at * 0.3) < 1]
        tag = self.source.choice("abcde") if self.source.random() < 0.98 else "rare"
        self.documents[number] = (set(words), tag)
        pipeline.hset(f"d:{number}", mapping={"t": " ".join(words), "g": tag})

    def holding(self, words, tag):
        having = self.documents.items()
        return {f"d:{at}".encode() for at, (held, its) in having if words <= held and tag in (None, its)}


def search(client, query, *options):
    return client.execute_command("FT.SEARCH", "idx", query, "NOCONTENT", *options)


def assert_found(client, written):
    for words in [{word} for word in ASKED] + [{"w1", "w5"}, {"w0", "w20"}]:
        for tag in (None, "a", "rare"):
            query = " ".join(sorted(words)) + (f" @g:{{{tag}}}=>{{$weight: 0}}" if tag else "")
            expected = written.holding(words, tag)
            found = search(client, query, "LIMIT", "0", "10000")
            assert (found[0], set(found[1:])) == (len(expected), expected), query
            # The best are the same whether all are scored, for the total, or only what may be good enough.
            best = [search(client, query, "WITHSCORES", *more)[2::2] for more in ((), ("WITHOUTCOUNT",))]
            rounded = [[round(float(score), 9) for score in scores] for scores in best]
            assert rounded[0] == rounded[1] and len(rounded[0]) == min(10, len(expected)), query


def test_words_are_found_as_they_were_written_last(client):
    client.execute_command("FT.CREATE", "idx", "PREFIX", "1", "d:", "SCHEMA", "t", "TEXT", "g", "TAG")
    written = Written(client, 7)
    written.fill()
    assert_found(client, written)
    written.change()
    assert_found(client, written)
    client.execute_command("DEBUG", "RELOAD")
    assert_found(client, written)
    written.change()
    assert_found(client, written)
