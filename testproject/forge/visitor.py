"""A visitor of the forge's page: loads it, presses buttons, reads how far the jobs are."""

from __future__ import annotations

import json
import re
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Visitor:
    """Visits one server, keeping its cookies as a browser does."""

    def __init__(self, url: str) -> None:
        """Visit the server at ``url``, which ends with a slash."""
        self._url = url
        # A proxy for the wide world knows nothing of this machine's own servers.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def is_served(self) -> bool:
        """Tell whether the page is there already. Raises HTTPError if it is there and broken."""
        try:
            self.get("")
        except HTTPError:
            raise
        except OSError:
            return False
        return True

    def get(self, path: str) -> str:
        """Return a page."""
        with self._opener.open(self._url + path, timeout=10) as response:
            return str(response.read().decode())

    def status(self) -> dict[str, Any]:
        """Return how far the jobs are."""
        status: dict[str, Any] = json.loads(self.get("status.json"))
        return status

    def press(self, name: str) -> str:
        """Press the button of a job; return the page it leads to."""
        return self.post(f"enqueue/{name}/", {}, of="")

    def post(self, path: str, fields: dict[str, str], *, of: str) -> str:
        """Send a form as it stands on the page ``of``; return the page it leads to."""
        token = _TOKEN.search(self.get(of))
        if token is None:
            raise LookupError(f"there is no form on {self._url}{of}")
        body = urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        with self._opener.open(self._url + path, body, timeout=10) as response:
            return str(response.read().decode())
