"""The two sides of a relationship do not name each other.

`back_populates` must name a relationship of the target that leads back and says the same; otherwise the mapping fails,
or one side does not notice what changes on the other.

Example:
    ```python
    from fx_orm import AbstractEntity, Field, Relationship

    class Category(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        products: list["Product"] = Relationship(back_populates="category")

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        category_id: int = Field(foreign_key="category.id")
        category: "Category" = Relationship(back_populates="product")
    ```

Use instead:
    ```python
    from fx_orm import AbstractEntity, Field, Relationship

    class Category(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        products: list["Product"] = Relationship(back_populates="category")

    class Product(AbstractEntity, table=True):
        id: int | None = Field(default=None, primary_key=True)
        category_id: int = Field(foreign_key="category.id")
        category: "Category" = Relationship(back_populates="products")
    ```
"""

from collections.abc import Iterator

from fx_lsp.engine.relations import BackReference, partner_name, target_of
from fx_lsp.engine.snapshot import Relationship
from fx_lsp.engine.source_file import SourceFile
from fx_lsp.engine.text import Edit, Span
from fx_lsp.rules.rule import Finding, Fix, Rule, Severity, replace_with
from fx_orm.errors.nearest import nearest


def check(file: SourceFile) -> Iterator[Finding]:
    """Find relationships whose partner is missing, leads elsewhere or names another one."""
    for reference in file.back_references:
        if not reference.target.complete or not reference.owner.complete:
            continue
        found = (
            _missing(file, reference) if reference.partner is None else _disagreeing(file, reference, reference.partner)
        )
        if found is not None:
            yield found


def _missing(file: SourceFile, reference: BackReference) -> Finding:
    target, name = reference.target, reference.text.value
    likely = _likely(file, reference)
    if name in target.fields:
        message = f'"{name}" is a column of {target.name}, not a relationship'
    else:
        message = f'{target.name} has no relationship "{name}"'
    if likely:
        message += f'; did you mean "{likely}"?'
    return Finding(reference.span, message, replace_with(file, reference.span, likely))


def _likely(file: SourceFile, reference: BackReference) -> str | None:
    """Name the relationship that leads back and says so; else the one whose name is nearest."""
    leading_back = [
        name
        for name, found in reference.target.relationships.items()
        if target_of(file.snapshot, found) == reference.owner
        and (says := partner_name(found))
        and says.value == reference.relationship.fact.name
    ]
    if len(leading_back) == 1:
        return leading_back[0]
    return nearest(reference.text.value, reference.target.relationships)


def _disagreeing(file: SourceFile, reference: BackReference, partner: Relationship) -> Finding | None:
    snapshot, target, own = file.snapshot, reference.target, reference.relationship.fact.name
    partner_label = f"{target.name}.{partner.fact.name}"
    leads_to = target_of(snapshot, partner)
    if leads_to is None:
        return None
    if leads_to != reference.owner:
        return Finding(reference.span, f"{partner_label} leads to {leads_to.name}, not to {reference.owner.name}")
    says = partner_name(partner)
    if says is None:
        if partner.fact.call.keyword("back_populates") is not None or partner.fact.call.unpacks:
            return None
        message = f'{partner_label} does not say back_populates="{own}"'
        return Finding(reference.span, message, _add_other_side(partner, own))
    # Where the other side names nothing that exists, the mistake is there, and is reported there.
    if says.value != own and says.value in reference.owner.relationships:
        return Finding(reference.span, f'{partner_label} says back_populates="{says.value}", not "{own}"')
    return None


def _add_other_side(partner: Relationship, name: str) -> Fix:
    end = partner.fact.call.span.end - 1
    comma = ", " if partner.fact.call.arguments else ""
    edit = Edit(Span(end, end), f'{comma}back_populates="{name}"')
    return Fix(f'Add back_populates="{name}" to the other side', partner.path, (edit,))


RULE = Rule("back-populates-mismatch", Severity.ERROR, check)
