"""An app's request URL for clicks: an HTTP server of its own thread that checks what slack_sdk can check."""

import asyncio
import json
import threading
from urllib.parse import parse_qs

from aiohttp import web
from slack_sdk.signature import SignatureVerifier


class ClickEndpoint:
    """Keeps each payload whose signature is right; `answer(payload)` runs before HTTP 200 is sent."""

    def __init__(self, signing_secret, answer=lambda payload: None):
        self.payloads, self.refused, self.headers = [], [], []
        self._verifier, self._answer_with = SignatureVerifier(signing_secret), answer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}/slack/actions"

    def __enter__(self):
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self):
        app = web.Application()
        app.router.add_post("/slack/actions", self._receive)
        self._runner = web.AppRunner(app, shutdown_timeout=5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _receive(self, request):
        body = await request.read()
        self.headers.append(dict(request.headers))
        try:
            valid = self._verifier.is_valid_request(body, request.headers)
        except ValueError:  # slack_sdk's answer to a timestamp that is not a number
            valid = False
        if not valid:
            self.refused.append(body)
            return web.Response(status=401, text="not signed by Slack")
        form = parse_qs(body.decode("ascii"), strict_parsing=True, keep_blank_values=True)
        command = {name: values[0] for name, values in form.items()}
        payload = json.loads(form["payload"][0]) if "payload" in form else command
        self.payloads.append(payload)
        answer = await asyncio.to_thread(self._answer_with, payload)
        return answer or web.Response()
