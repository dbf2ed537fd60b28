"""The language server: a table of features over the engine, on pygls.

Handlers find the file and the place, ask a feature, and convert its answer. What goes wrong in one is logged and
answered with nothing; nothing is ever shown in a pop-up. No work runs on pygls' thread pool, which also reads the
client's messages.
"""

import asyncio
import datetime
import logging
import threading
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, PyglsError
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from fx_lsp.convert import (
    Encoding,
    changed,
    to_code_action,
    to_completions,
    to_diagnostic,
    to_hover,
    to_location,
    to_offset,
    to_path,
    to_span,
)
from fx_lsp.engine.text import Document
from fx_lsp.engine.workspace import Workspace
from fx_lsp.features.code_action import code_actions
from fx_lsp.features.completion import completion
from fx_lsp.features.definition import definition
from fx_lsp.features.diagnostics import diagnostics
from fx_lsp.features.hover import hover
from fx_lsp.scheduler import Delayed
from fx_orm import __version__

logger = logging.getLogger(__name__)

PlaceParams = types.CompletionParams | types.DefinitionParams | types.HoverParams

DIAGNOSTICS_DELAY = 0.12  # seconds without a change before diagnostics are published
FILES_DELAY = 0.2  # seconds in which file events are gathered
_INDEX_PATIENCE = 10.0  # seconds that a request waits for the first index


class Protocol(LanguageServerProtocol):
    """pygls' protocol, but for the order of messages that it does not hold and the documents that it keeps wrongly.

    It serves requests before `initialize`, ignores them after `shutdown`, splits lines where the protocol does not, and
    fails on changes of documents that are not open; so buffers are kept by our server instead.
    """

    _initializing = False

    @property
    def fx_server(self) -> "FxLanguageServer":
        """The server, as ours."""
        server = self._server
        if not isinstance(server, FxLanguageServer):
            raise TypeError("the protocol serves FxLanguageServer")
        return server

    def handle_message(self, message: Any) -> None:
        """Refuse what comes before `initialize` and after `shutdown`."""
        method = getattr(message, "method", None)
        refused = None
        if method not in {None, types.INITIALIZE, types.EXIT} and not self._initializing:
            refused = types.ResponseError(code=types.ErrorCodes.ServerNotInitialized, message="not initialized")
        elif method == types.INITIALIZE and self._initializing:
            refused = types.ResponseError(code=types.ErrorCodes.InvalidRequest, message="already initialized")
        elif self._shutdown and method not in {None, types.EXIT}:
            refused = types.ResponseError(code=types.ErrorCodes.InvalidRequest, message="shut down")
        if refused is None:
            self._initializing = self._initializing or method == types.INITIALIZE
            super().handle_message(message)
        elif getattr(message, "id", None) is not None:
            self._send_response(message.id, error=refused)

    # Generators, as pygls has them there: they would yield to a handler of the same name.

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Generator[Any, Any, None]:
        """Keep a buffer."""
        item = params.text_document
        self.fx_server.opened(item.uri, item.text, item.version)
        yield from ()

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        """Change a buffer."""
        self.fx_server.changed(params)
        yield from ()

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Generator[Any, Any, None]:
        """Drop a buffer."""
        self.fx_server.closed(params.text_document.uri)
        yield from ()


class FxLanguageServer(LanguageServer):
    """The server's state: the workspace, the client's encoding, and what is waiting to be done."""

    def __init__(self) -> None:
        super().__init__("fx-lsp", __version__, protocol_cls=Protocol)
        self.projects = Workspace([])
        self.indexed: asyncio.Event | None = None
        self.publishing = Delayed(DIAGNOSTICS_DELAY, self.publish)
        self.refreshing = Delayed(FILES_DELAY, self.refresh)
        self.changed_files: set[str] = set()
        self.watching = False
        self.uris: dict[str, str] = {}  # of the buffers, as the client writes them
        self.published: dict[str, list[types.Diagnostic]] = {}

    @property
    def encoding(self) -> Encoding:
        """The unit in which the client counts characters."""
        return self.server_capabilities.position_encoding or types.PositionEncodingKind.Utf16

    def report_server_error(self, error: Exception, source: type[PyglsError] | type[JsonRpcException]) -> None:
        """Log what goes wrong; pygls would open a pop-up."""
        logger.error("%s: %s", source.__name__, error)

    @property
    def edit_capabilities(self) -> types.WorkspaceEditClientCapabilities:
        """What the client can do with edits."""
        workspace = self.client_capabilities.workspace
        return (workspace.workspace_edit if workspace else None) or types.WorkspaceEditClientCapabilities()

    @property
    def creates_files(self) -> bool:
        """Whether an edit may create files; that needs edits in an order, which Neovim takes without saying so."""
        return types.ResourceOperationKind.Create in (self.edit_capabilities.resource_operations or ())

    @property
    def shows_refusals(self) -> bool:
        """Whether the client shows actions that cannot be taken, with the reason."""
        documents = self.client_capabilities.text_document
        return bool(documents and documents.code_action and documents.code_action.disabled_support)

    # Buffers

    def place(
        self, params: types.CompletionParams | types.DefinitionParams | types.HoverParams
    ) -> tuple[Document | None, int]:
        """Find the buffer and the offset that a request speaks of."""
        document = self.projects.document(to_path(params.text_document.uri))
        return document, to_offset(document, params.position, self.encoding) if document else 0

    def opened(self, uri: str, text: str, version: int | None) -> None:
        """Take over a buffer."""
        path = to_path(uri)
        self.uris[path] = uri
        self.projects.open(Document(path, text, version))
        self.publishing.start()

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Apply the changes of a buffer; those of one that is not open are ignored."""
        document = self.projects.document(to_path(params.text_document.uri))
        if document is not None:
            version = params.text_document.version
            self.projects.open(changed(document, params.content_changes, version, self.encoding))
            self.publishing.start()

    def closed(self, uri: str) -> None:
        """Give a buffer up, and clear what was said about it."""
        path = to_path(uri)
        self.projects.close(path)
        self.published.pop(path, None)
        self.uris.pop(path, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        self.publishing.start()

    # The workspace

    async def index(self, folders: list[Path]) -> None:
        """Read the workspace in a thread of its own; buffers that were opened meanwhile are laid over it."""
        self.indexed = asyncio.Event()
        workspace = Workspace(folders)
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def scan() -> None:
            try:
                workspace.scan()
            except Exception:
                logger.exception("indexing failed")
            loop.call_soon_threadsafe(done.set)

        threading.Thread(target=scan, name="fx-lsp-index", daemon=True).start()
        await done.wait()
        for path in self.projects.open_paths():
            if document := self.projects.document(path):
                workspace.open(document)
        self.projects = workspace
        self.indexed.set()
        self.publishing.start()

    async def ready(self) -> None:
        """Wait for the first index, but not for ever."""
        if self.indexed is not None and not self.indexed.is_set():
            try:
                await asyncio.wait_for(self.indexed.wait(), _INDEX_PATIENCE)
            except TimeoutError:
                logger.warning("the workspace is not indexed yet")

    def refresh(self) -> None:
        """Look again at the files that changed; at all of them when the client cannot tell which did."""
        paths, self.changed_files = sorted(self.changed_files), set()
        self.projects.refresh(paths)
        if not self.watching:
            self.projects.rescan()
        self.publishing.start()

    def publish(self) -> None:
        """Publish the diagnostics of the open files, where they differ from the last ones."""
        if self.indexed is None or not self.indexed.is_set():
            return
        for path in self.projects.open_paths():
            document = self.projects.document(path)
            if document is None:
                continue
            found = [
                to_diagnostic(document, diagnostic, self.encoding)
                for diagnostic in diagnostics(self.projects.snapshot(path), path)
            ]
            if self.published.get(path) != found:
                self.published[path] = found
                params = types.PublishDiagnosticsParams(self.uris[path], found, document.version)
                self.text_document_publish_diagnostics(params)


# Handlers


async def initialized(server: FxLanguageServer, _params: types.InitializedParams) -> None:
    """Start indexing, and ask to be told of files that change."""
    folders = [to_path(folder.uri) for folder in server.workspace.folders.values()]
    if not folders and server.workspace.root_uri:
        folders = [to_path(server.workspace.root_uri)]
    registered = server.client_capabilities.workspace
    watched = registered.did_change_watched_files if registered else None
    if watched and watched.dynamic_registration:
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher("**/*.py"), types.FileSystemWatcher("**/config/orm.yaml")]
        )
        registration = types.Registration("fx-lsp-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        server.client_register_capability(types.RegistrationParams([registration]))
        server.watching = True
    await server.index([Path(folder) for folder in folders])


async def did_change_watched_files(server: FxLanguageServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Gather file events: a branch that is checked out sends thousands."""
    server.changed_files.update(to_path(event.uri) for event in params.changes)
    server.refreshing.start()


async def did_save(server: FxLanguageServer, params: types.DidSaveTextDocumentParams) -> None:
    """Look at the disk where the client does not watch it."""
    server.changed_files.add(to_path(params.text_document.uri))
    server.refreshing.start()


async def completions(server: FxLanguageServer, params: types.CompletionParams) -> types.CompletionList | None:
    """Propose what fits in the string under the cursor."""
    document, offset = server.place(params)
    if document is None:
        return None
    found = completion(server.projects.snapshot(document.path), document, offset)
    return to_completions(document, found, server.encoding) if found else None


async def definitions(server: FxLanguageServer, params: types.DefinitionParams) -> list[types.Location] | None:
    """Go to what the name under the cursor means."""
    document, offset = server.place(params)
    if document is None:
        return None
    snapshot = server.projects.snapshot(document.path)
    return [
        to_location(target, location, server.encoding)
        for location in definition(snapshot, document, offset)
        if (target := snapshot.document(location.path))
    ]


async def hovers(server: FxLanguageServer, params: types.HoverParams) -> types.Hover | None:
    """Explain the name under the cursor."""
    document, offset = server.place(params)
    found = hover(server.projects.snapshot(document.path), document, offset) if document else None
    return to_hover(document, found, server.encoding) if document and found else None


async def actions(server: FxLanguageServer, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """Offer what can be done about the diagnostics in a range."""
    document = server.projects.document(to_path(params.text_document.uri))
    if document is None:
        return None
    snapshot = server.projects.snapshot(document.path)
    span = to_span(document, params.range, server.encoding)
    now = datetime.datetime.now()  # noqa: DTZ005 - the wall clock's time, for people
    ordered = bool(server.edit_capabilities.document_changes)
    return [
        to_code_action(snapshot, document, action, server.encoding, ordered=ordered or bool(action.files))
        for action in code_actions(snapshot, document, span, now)
        if (server.creates_files or not action.files) and (server.shows_refusals or not action.refused)
    ]


Handler = Callable[[FxLanguageServer, Any], Awaitable[Any]]

FEATURES: tuple[tuple[str, Handler, Any], ...] = (
    (types.INITIALIZED, initialized, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, did_change_watched_files, None),
    (types.TEXT_DOCUMENT_DID_SAVE, did_save, None),
    (types.TEXT_DOCUMENT_COMPLETION, completions, types.CompletionOptions(trigger_characters=['"', "'", "."])),
    (types.TEXT_DOCUMENT_DEFINITION, definitions, None),
    (types.TEXT_DOCUMENT_HOVER, hovers, None),
    (types.TEXT_DOCUMENT_CODE_ACTION, actions, types.CodeActionOptions([types.CodeActionKind.QuickFix])),
)


def create_server() -> FxLanguageServer:
    """Make a server with every feature; nothing runs until it is started."""
    server = FxLanguageServer()
    for name, handler, options in FEATURES:
        server.feature(name, options)(_guarded(server, name, handler))
    return server


def _guarded(server: FxLanguageServer, name: str, handler: Handler) -> Callable[[Any], Awaitable[Any]]:
    """Answer nothing where a handler fails, and log why."""

    async def guarded(params: Any) -> Any:
        try:
            if name != types.INITIALIZED:
                await server.ready()
            return await handler(server, params)
        except JsonRpcException:
            raise
        except Exception:
            logger.exception("%s failed", name)
            return None

    return guarded
