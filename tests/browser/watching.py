"""What a page may never do, listened to while tests do something else."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, Response


class Watch:
    """Complaints of all pages of a test: dialogs, errors of scripts, refusals of the policy, failures of the server.

    `expected` takes statuses that a test provokes on purpose (their line in the console is not a complaint).
    """

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.expected: set[int] = set()

    def listen(self, context: BrowserContext) -> None:
        context.on("page", self._page)
        context.on("dialog", self._dialog)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._complain("script", str(error.error), error.page))
        context.on("response", self._response)
        context.on("request", self._request)

    def _page(self, page: Page) -> None:
        page.on("crash", lambda: self._complain("crash", "", page))

    def _dialog(self, dialog: Dialog) -> None:
        self._complain("dialog", dialog.message, dialog.page)
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if any(f"status of {status} " in message.text for status in self.expected):
            return
        self._complain("console", message.text, message.page)

    def _response(self, response: Response) -> None:
        if response.status >= 500 and response.status not in self.expected:
            self._complain(str(response.status), response.request.method, None, response.url)

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("http://localhost:", "data:", "blob:")):
            self._complain("leaves the house", request.method, None, request.url)

    def _complain(self, kind: str, text: str, page: Page | None, url: str = "") -> None:
        self.complaints.append(f"{kind}: {text} at {url or (page.url if page else '')}")
