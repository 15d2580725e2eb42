"""`newswatch demo`: publishes a story of your own on the sample site of `make run`, and says what to expect."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import click

from newswatch.cli.context import Invocation, command
from newswatch.cli.output import as_json
from newswatch.errors import PermanentError, RetryableError
from newswatch.pipeline.authoring.try_text import try_texts
from newswatch.pipeline.base.configuration import check_files, in_force
from newswatch.pipeline.base.item_text import plain_text
from newswatch.pipeline.base.services import Services
from newswatch.store.client import redis_errors
from newswatch.store.feeds import make_due

SAMPLE_FEED = "sample-wire"
TIMEOUT_S = 10.0


class NoSampleSite(PermanentError):
    """The configuration has no sample feed."""


class SampleSiteAway(RetryableError):
    """The sample site does not answer as it should."""


@click.command(epilog='JSON: {"link", "rules"}')
@click.argument("headline")
@click.argument("standfirst", default="")
@command
def demo(call: Invocation, *, headline: str, standfirst: str) -> None:
    """Publish a story of your own on the sample site, which newswatch then polls.

    Needs `make run` without a Slack token. It also says which rules the story satisfies.
    """

    async def work(services: Services) -> tuple[str, list[str]]:
        today = services.clock().date()
        config = await in_force(services) or check_files(call.settings, today).sound_draft()
        urls = [feed.url for feed in config.feeds if feed.id == SAMPLE_FEED]
        if not urls:
            raise NoSampleSite(
                f"feeds.yaml has no feed {SAMPLE_FEED}: start `make run` without SLACK_BOT_TOKEN, which adds it"
            )
        link = await _publish(urls[0], headline, standfirst)
        with redis_errors():
            await make_due(services.redis, [SAMPLE_FEED])
        text = plain_text(headline, standfirst, "", config.default_lang)
        (tried,) = try_texts(config, [text], today.isoformat())
        return link, [match.rule_id for match in tried.matches]

    link, rules = call.run(work)
    if call.json:
        as_json({"link": link, "rules": rules})
        return
    click.echo(f"Published: {link}")
    if rules:
        click.echo(f"It satisfies {', '.join(rules)}. The alert is in Slack within seconds.")
    else:
        click.echo(f"No rule matches it. To see how near they came: newswatch why {link}")


async def _publish(feed_url: str, title: str, summary: str) -> str:
    """Publish on the site that the feed belongs to. Returns the story's link. Raises SampleSiteAway."""
    site = urlsplit(feed_url)._replace(path="/site/publish", query="", fragment="").geturl()
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT_S)) as session,
            session.post(site, json={"title": title, "summary": summary}) as answer,
        ):
            if answer.status != 200:
                raise SampleSiteAway(
                    f"{site} answered HTTP {answer.status}: {(await answer.text())[:300].strip()}"
                )
            edition: dict[str, Any] = await answer.json()
            return str(edition["link"])
    except (aiohttp.ClientError, asyncio.TimeoutError) as error:
        raise SampleSiteAway(
            f"the sample site at {site} does not answer ({error}): is `make run` up?"
        ) from error
