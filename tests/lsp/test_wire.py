"""The server over stdio, as three editors speak to it: VS Code counts utf-16 units, Neovim utf-8, Emacs code points."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.uris import from_fs_path
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

from tests.lsp.fixture import write

SHOP = """
#- src/entity/shop.py
from fx_orm import AbstractEntity, Field, Relationship

class Category(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    products: list["Product"] = Relationship(back_populates="category")

class Product(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
    category_id: int = Field(description="\N{DUCK}\N{DUCK}", foreign_key="categroy.id")
    category: "Category" = Relationship(back_populates="products")
#- other/config/orm.yaml
#- other/migrations/versions/20240101_000000_first.py
revision = "20240101_000000"
down_revision = None

def upgrade():
    pass
#- other/src/entity/tag.py
from fx_orm import AbstractEntity, Field

class Tag(AbstractEntity, table=True):
    id: int | None = Field(default=None, primary_key=True)
"""
LINE = 8
TARGET = 'category_id: int = Field(description="\N{DUCK}\N{DUCK}", foreign_key="'


def make_client() -> LanguageClient:
    """A client that can be asked to watch files, as every editor can."""
    client = make_test_lsp_client()
    client.registered = []

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        client.registered.extend(params.registrations)

    return client


EDITORS = {"visual-studio-code": "utf-16", "neovim": "utf-8", "emacs": "utf-32"}


CONFIG = ClientServerConfig(server_command=[sys.executable, "-m", "fx_lsp"], client_factory=make_client)


@pytest_lsp.fixture(params=list(EDITORS), config=CONFIG)
async def client(
    request: pytest.FixtureRequest, lsp_client: LanguageClient, tmp_path: Path
) -> AsyncIterator[LanguageClient]:
    write(tmp_path, SHOP)
    lsp_client.editor = request.param
    lsp_client.root = tmp_path.resolve()
    root = from_fs_path(str(lsp_client.root))
    await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities(request.param),
            workspace_folders=[types.WorkspaceFolder(root, "shop")],
            root_uri=root,
        )
    )
    yield
    await lsp_client.shutdown_session()


def units(text: str, editor: str) -> int:
    """The length of a text as the editor counts it."""
    encoding = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[EDITORS[editor]]
    return len(text.encode(encoding)) // {"utf-8": 1, "utf-16": 2, "utf-32": 4}[EDITORS[editor]]


def open_file(client: LanguageClient, name: str = "src/entity/shop.py") -> str:
    path = client.root / name
    uri = from_fs_path(str(path))
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, path.read_text(encoding="utf-8")))
    )
    return uri


async def diagnostics(client: LanguageClient, uri: str, count: int) -> list[types.Diagnostic]:
    """Wait until the file has so many diagnostics."""
    for _ in range(200):
        if len(client.diagnostics.get(uri, [])) == count and uri in client.diagnostics:
            break
        await asyncio.sleep(0.05)
    return list(client.diagnostics.get(uri, []))


@pytest.mark.asyncio
async def test_ranges_are_in_the_editors_units(client: LanguageClient) -> None:
    uri = open_file(client)
    (found,) = await diagnostics(client, uri, 1)
    start = units("    " + TARGET, client.editor)
    assert found.code == "unknown-foreign-key-target"
    assert found.range == types.Range(types.Position(LINE, start), types.Position(LINE, start + len("categroy")))


@pytest.mark.asyncio
async def test_the_fix_mends_the_buffer(client: LanguageClient) -> None:
    uri = open_file(client)
    (found,) = await diagnostics(client, uri, 1)
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(uri), found.range, types.CodeActionContext([found]))
    )
    assert actions
    (action,) = actions
    assert isinstance(action, types.CodeAction)
    assert action.title == 'Change to "category"'
    assert action.edit
    assert action.edit.document_changes or action.edit.changes
    if action.edit.document_changes:
        (change,) = action.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit)
        edits = change.edits
    else:
        edits = action.edit.changes[uri]
    changes = [types.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text) for edit in edits]
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(uri=uri, version=2), changes)
    )
    assert await diagnostics(client, uri, 0) == []


@pytest.mark.asyncio
async def test_completion_and_definition_while_the_buffer_does_not_parse(client: LanguageClient) -> None:
    uri = open_file(client)
    start = units("    " + TARGET, client.editor)
    # The closing quote and bracket are not there yet.
    end = types.Range(types.Position(LINE, start), types.Position(LINE, start + len('categroy.id")')))
    change = types.TextDocumentContentChangePartial(range=end, text="")
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(uri=uri, version=2), [change])
    )
    place = types.Position(LINE, start)
    completion = await client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri), place)
    )
    assert isinstance(completion, types.CompletionList)
    assert [item.label for item in completion.items] == ["category.id", "product.id"]
    assert isinstance(completion.items[0].text_edit, types.TextEdit)
    assert completion.items[0].text_edit.range == types.Range(place, place)
    back = types.Position(
        LINE - 4, units('    products: list["Product"] = Relationship(back_populates="', client.editor)
    )
    (found,) = await client.text_document_definition_async(
        types.DefinitionParams(types.TextDocumentIdentifier(uri), back)
    )
    assert found.range.start == types.Position(LINE + 1, 4)


@pytest.mark.asyncio
async def test_the_migration_is_a_file_to_create(client: LanguageClient) -> None:
    uri = open_file(client, "other/src/entity/tag.py")
    (found,) = await diagnostics(client, uri, 1)
    assert found.message == 'not migrated: table "tag" is new'
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(uri), found.range, types.CodeActionContext([found]))
    )
    if client.editor == "emacs":  # it cannot create files
        assert not actions
        return
    assert actions
    (action,) = actions
    assert isinstance(action, types.CodeAction)
    assert action.edit
    assert action.edit.document_changes
    create, edit = action.edit.document_changes
    assert isinstance(create, types.CreateFile)
    assert isinstance(edit, types.TextDocumentEdit)
    assert create.uri.startswith(uri.removesuffix("src/entity/tag.py") + "migrations/versions/")
    assert isinstance(edit.edits[0], types.TextEdit)
    assert 'op.create_table(\n        "tag",' in edit.edits[0].new_text


@pytest.mark.asyncio
async def test_what_a_client_should_not_do_does_no_harm(client: LanguageClient) -> None:
    uri = open_file(client)
    nowhere = types.VersionedTextDocumentIdentifier(uri="file:///nowhere.py", version=2)
    change = types.TextDocumentContentChangeWholeDocument(text="x")
    client.text_document_did_change(types.DidChangeTextDocumentParams(nowhere, [change]))
    place = types.Position(10_000, 10_000)
    for other in (uri, "file:///nowhere.py", "untitled:Untitled-1"):
        document = types.TextDocumentIdentifier(other)
        assert not await client.text_document_completion_async(types.CompletionParams(document, place))
        assert not await client.text_document_definition_async(types.DefinitionParams(document, place))
    assert len(await diagnostics(client, uri, 1)) == 1
    assert client.messages == []


def test_requests_before_initialize_and_after_shutdown_are_refused() -> None:
    """No client library sends them: the bytes themselves."""

    def message(**content: object) -> bytes:
        body = json.dumps({"jsonrpc": "2.0", **content}).encode()
        return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    place = {"textDocument": {"uri": "file:///a.py"}, "position": {"line": 0, "character": 0}}
    sent = [
        message(id=1, method="textDocument/hover", params=place),
        message(id=2, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}}),
        message(id=3, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}}),
        message(id=4, method="shutdown"),
        message(id=5, method="textDocument/hover", params=place),
        message(method="exit"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "fx_lsp"], input=b"".join(sent), capture_output=True, timeout=30, check=False
    )
    answers = {}
    for part in re.split(rb"Content-Length: .*?\r\n\r\n", done.stdout, flags=re.DOTALL)[1:]:
        answer = json.loads(part)
        answers[answer.get("id")] = answer.get("error", {}).get("code")
    assert answers == {1: -32002, 2: None, 3: -32600, 4: None, 5: -32600}
    assert done.returncode == 0
