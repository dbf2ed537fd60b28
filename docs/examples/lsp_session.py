"""A language server's client in a few lines: JSON-RPC over its standard input and output."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


class LspSession:
    """Talk to a server as an editor does: `open` a buffer, `change` it, ask with `request`, read `diagnostics`."""

    def __init__(self, folder: Path, command: list[str] | None = None) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            command or [sys.executable, "-m", "fx_lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder
        )
        self.last_id = 0
        self.versions: dict[str, int] = {}
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        capabilities = {
            "textDocument": {
                "publishDiagnostics": {},
                "codeAction": {
                    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}},
                    "resolveSupport": {"properties": ["edit"]},
                    "dataSupport": True,
                },
            },
            "workspace": {"workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]}},
        }
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        options = {"processId": None, "rootUri": folder.as_uri(), "workspaceFolders": folders}
        self.server = self.request("initialize", {**options, "capabilities": capabilities})
        self.notify("initialized", {})

    def open(self, path: Path, text: str) -> str:
        """Open a file with a text that need not be the one on disk; answer with its URI."""
        uri = path.as_uri()
        self.versions[uri] = 1
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def change(self, uri: str, text: str) -> None:
        """Replace the whole text of an open buffer, as typing would."""
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def request(self, method: str, params: dict[str, Any]) -> Any:
        """Send a request and wait for its answer; what the server says meanwhile is handled on the way."""
        self.last_id += 1
        self._send({"id": self.last_id, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self.last_id and "method" not in message:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._handle(message)

    def notify(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification: no answer comes."""
        self._send({"method": method, "params": params})

    def wait_for_diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """Read until the server has published this buffer's diagnostics anew."""
        self.diagnostics.pop(uri, None)
        while uri not in self.diagnostics:
            self._handle(self._read())
        return self.diagnostics[uri]

    def close(self) -> None:
        """Shut the server down as the protocol wants it."""
        self.request("shutdown", {})
        self.notify("exit", {})
        self.process.communicate(timeout=10)

    def _handle(self, message: dict[str, Any]) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and "method" in message:  # the server asks; this client knows nothing and says so
            self._send({"id": message["id"], "result": None})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if not length:
            raise RuntimeError("the language server has ended")
        return dict(json.loads(self.process.stdout.read(length)))
