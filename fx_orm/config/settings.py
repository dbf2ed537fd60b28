"""The settings as typed, frozen data: the keys of config/orm.yaml, what each takes, and its default.

The reference page of the documentation is made from these models. Where values come from is `loading`'s matter.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fx_orm.schema.naming import mistake_in

PositiveInt = Annotated[int, Field(ge=1)]
NaturalInt = Annotated[int, Field(ge=0)]
Lazy = Literal["batch", "warn", "raise"]


def _template(text: str) -> str:
    mistake = mistake_in(text)
    if mistake is not None:
        raise ValueError(mistake)
    return text


Template = Annotated[str, AfterValidator(_template)]


class DatabaseSettings(BaseModel):
    """How to reach the database: `url`, or the details from `driver` to `charset`, and how its connections are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = Field(default=None, repr=False, description="The whole address; it wins over the details below.")
    driver: str | None = Field(default=None, description="sqlite, postgresql, mysql, mariadb, or one with its driver.")
    host: str | None = Field(default=None, description="Name or address of the server.")
    port: int | None = Field(default=None, ge=1, le=65535, description="Port of the server; by default the usual one.")
    username: str | None = Field(default=None, description="Who connects.")
    password: str | None = Field(default=None, repr=False, description="Taken as it is: no character is special.")
    database: str | None = Field(default=None, description="Name of the database; for SQLite its file.")
    charset: str = Field(default="utf8mb4", description="Character set of a connection to MySQL or MariaDB.")
    pool_size: PositiveInt = Field(default=20, description="How many connections are kept open.")
    max_overflow: NaturalInt = Field(default=10, description="How many more are opened under load.")
    pool_timeout: float = Field(default=30, ge=0, description="Seconds to wait for a free connection.")
    pool_recycle: int = Field(default=1800, ge=-1, description="Seconds until a connection is replaced; -1: never.")
    pool_pre_ping: bool = Field(default=True, description="Ask a connection whether it lives before it is used.")
    autocommit: bool = Field(default=False, description="Commit what is flushed outside `transaction()` at once.")
    autoflush: bool = Field(default=False, description="Flush what is pending before each query.")
    naming_convention: Mapping[Literal["pk", "fk", "uq", "ix", "ck"], Template] = Field(
        default_factory=dict,
        description="Names of an existing database's keys and indexes: pk, fk, uq, ix, ck, each a template.",
    )


class Settings(BaseSettings):
    """Every setting of a project. Made by `load_settings()`; a program changes them by `fx_orm.configure()`."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    root: Path = Field(default_factory=Path.cwd, description="The project's root.")
    database: DatabaseSettings = Field(default_factory=DatabaseSettings, description="The database.")
    entities: list[str] = Field(default=["src/entity"], description="Packages whose modules declare the entities.")
    migrations: Path = Field(default=Path("migrations"), description="Folder of the migration files, from the root.")
    backups: Path = Field(default=Path("backups"), description="Folder of the backups, from the root.")
    secret: str | None = Field(
        default=None, min_length=16, repr=False, description="Signs the cursors of pages, so that nobody forges one."
    )
    lazy: Lazy = Field(
        default="batch",
        description="A relationship is touched that was not loaded along: batch loads it for all entities that were "
        "loaded together, warn does so and warns (`LazyLoadWarning`), raise raises `LazyLoadError`.",
    )
    log_sql: bool = Field(default=False, description="Log every statement, without its values.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the layers that `load_settings` hands over; constructed directly, take the arguments alone."""
        arguments = init_settings()
        layers: tuple[PydanticBaseSettingsSource, ...] | None = arguments.get(LAYERS)
        return layers if layers is not None else (init_settings,)


LAYERS: Literal["layers"] = "layers"
