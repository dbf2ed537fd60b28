"""The entity of the tests of web applications."""

from fx_orm import AbstractEntity, Field


class Visit(AbstractEntity, table=True):
    __tablename__ = "web_visit"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60, unique=True)
