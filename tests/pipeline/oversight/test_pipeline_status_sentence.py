"""The sentence on the page Status, which `/newswatch status` says in Slack too."""

from feed_server import Document, story
from newswatch.pipeline.oversight.status import read_status


def test_sentence_says_how_many_feeds_cannot_be_read(newsroom):
    newsroom.feeds("wire", "daily", "gone")
    for number, name in enumerate(("wire", "daily", "gone")):
        newsroom.site.serve(f"/{name}", story(number, "Nothing of note"))
    newsroom.poll()
    assert newsroom._do(read_status).sentence.startswith("Everything is all right: 3 feeds watched by 1 rule")
    newsroom.site.documents["/gone"] = Document(b"", status=404)
    newsroom.poll()
    said = newsroom._do(read_status).sentence
    assert said.startswith("newswatch is working: 3 feeds (1 cannot be read at the moment) watched by 1 rule")
