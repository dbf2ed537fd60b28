"""CreateModel, FindModel and PatchModel, and their JSON schemas."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError, field_validator

from fx_orm import AbstractEntity, Field


class Ware(AbstractEntity, table=True):
    """What is sold."""

    __tablename__ = "modelled_ware"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=50, description="Shown to customers")
    sku: str = Field(default="AB-1", regex=r"^[A-Z]+-\d+$")
    price: Decimal = Field(gt=0, max_digits=10, decimal_places=2)
    note: str | None
    attributes: dict[str, str] = Field(default_factory=dict)
    version: int = Field(default=1, version=True)
    owner: str = Field(default="", guarded=True)

    @field_validator("name")
    @classmethod
    def not_seven(cls, value: str) -> str:
        if value == "seven":
            raise ValueError("seven")
        return value


class Pair(AbstractEntity, table=True):
    __tablename__ = "modelled_pair"
    left: int = Field(primary_key=True)
    right: int = Field(primary_key=True)
    weight: float = 0.0


def test_made_once_and_named() -> None:
    for model, name in ((Ware.CreateModel, "WareCreate"), (Ware.FindModel, "WareFind"), (Ware.PatchModel, "WarePatch")):
        assert model.__name__ == name
        assert model.__module__ == __name__
    assert Ware.generate_create_model() is Ware.CreateModel is Ware.CreateModel
    assert Ware.generate_find_model() is Ware.FindModel
    assert Ware.generate_patch_model() is Ware.PatchModel
    assert Ware.CreateModel is not Pair.CreateModel
    assert (Ware.get_primary_keys(), Pair.get_primary_keys()) == (["id"], ["left", "right"])


def test_which_fields() -> None:
    assert list(Ware.CreateModel.model_fields) == ["name", "sku", "price", "note", "attributes"]
    assert list(Ware.FindModel.model_fields) == ["id"]
    assert list(Ware.PatchModel.model_fields) == ["name", "sku", "price", "note", "attributes"]
    assert list(Pair.CreateModel.model_fields) == ["left", "right", "weight"]
    assert list(Pair.PatchModel.model_fields) == ["weight"]


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        ("CreateModel", {"price": 1}),
        ("CreateModel", {"name": "", "price": 1}),
        ("CreateModel", {"name": "seven", "price": 1}),
        ("CreateModel", {"name": "x", "price": 1, "sku": "-"}),
        ("CreateModel", {"name": "x", "price": 1, "id": 3}),
        ("FindModel", {}),
        ("FindModel", {"id": None}),
        ("PatchModel", {"price": 0}),
        ("PatchModel", {"name": None}),
        ("PatchModel", {"name": "seven"}),
        ("PatchModel", {"id": 1}),
    ],
)
def test_refused(model: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        getattr(Ware, model)(**wrong)


def test_accepted() -> None:
    made = Ware.CreateModel(name="x", price="1.5")
    assert made.model_dump() == {"name": "x", "sku": "AB-1", "price": Decimal("1.5"), "note": None, "attributes": {}}
    assert Ware.model_validate(made.model_dump()).name == "x"
    assert Ware.FindModel(id="3").id == 3
    assert Ware.PatchModel().model_dump(exclude_unset=True) == {}
    changes = Ware.PatchModel(note=None, price="3").model_dump(exclude_unset=True)
    assert changes == {"note": None, "price": Decimal(3)}


def test_json_schema() -> None:
    schema = Ware.CreateModel.model_json_schema()
    price = schema["properties"].pop("price")  # the pattern in it is Pydantic's, and changes
    assert price["anyOf"][0] == {"exclusiveMinimum": 0, "type": "number"}
    text = json.dumps(schema, indent=1)
    assert (
        text
        == """{
 "additionalProperties": false,
 "description": "What is sold.",
 "properties": {
  "name": {
   "description": "Shown to customers",
   "maxLength": 50,
   "minLength": 1,
   "title": "Name",
   "type": "string"
  },
  "sku": {
   "default": "AB-1",
   "pattern": "^[A-Z]+-\\\\d+$",
   "title": "Sku",
   "type": "string"
  },
  "note": {
   "anyOf": [
    {
     "type": "string"
    },
    {
     "type": "null"
    }
   ],
   "default": null,
   "title": "Note"
  },
  "attributes": {
   "additionalProperties": {
    "type": "string"
   },
   "title": "Attributes",
   "type": "object"
  }
 },
 "required": [
  "name",
  "price"
 ],
 "title": "WareCreate",
 "type": "object"
}"""
    )
    assert Ware.FindModel.model_json_schema()["required"] == ["id"]
    assert "required" not in Ware.PatchModel.model_json_schema()
    assert Ware.PatchModel.model_json_schema()["properties"]["name"] == {
        "description": "Shown to customers",
        "maxLength": 50,
        "minLength": 1,
        "title": "Name",
        "type": "string",
    }


def test_a_key_that_is_not_generated_is_part_of_the_create_model(declare: Callable[..., Any]) -> None:
    module = declare("""
class Country(AbstractEntity, table=True):
    code: str = Field(primary_key=True, max_length=2)
    name: str
""")
    assert list(module.Country.CreateModel.model_fields) == ["code", "name"]
