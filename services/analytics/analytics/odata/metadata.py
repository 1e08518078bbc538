"""What the service tells of itself: the service document and `$metadata` in CSDL (OData 4.0, part 3)."""

from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from analytics.exports.files import Kind
from analytics.exports.sets import SETS, Described, FlatSet

NAMESPACE: Final = "Leadflow"
CORE: Final = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml"
EDM: Final[Mapping[Kind, str]] = {
    "text": 'Type="Edm.String"',
    "id": 'Type="Edm.Guid"',
    "count": 'Type="Edm.Int64"',
    "number": 'Type="Edm.Double"',
    "money": 'Type="Edm.Decimal" Precision="20" Scale="2"',
    "date": 'Type="Edm.Date"',
    "time": 'Type="Edm.DateTimeOffset" Precision="6"',
    "flag": 'Type="Edm.Boolean"',
}


def key_of(wanted: FlatSet) -> tuple[str, ...]:
    """The properties that name an entity: its id where it has one."""
    return ("id",) if "id" in wanted.order else wanted.order


def service_document(root: str) -> dict[str, Any]:
    """The entity sets there are; `root` is the address of the service with its slash."""
    sets = [{"name": each.name, "title": each.definition, "kind": "EntitySet", "url": each.name} for each in SETS]
    return {"@odata.context": f"{root}$metadata", "value": sets}


def csdl() -> str:
    """All sets with the type, the meaning and the key of what they hold."""
    types = "".join(_entity_type(each) for each in SETS)
    sets = "".join(
        f'<EntitySet Name="{each.name}" EntityType="{NAMESPACE}.{_type_name(each)}">{_described(each.definition)}'
        "</EntitySet>"
        for each in SETS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">'
        f'<edmx:Reference Uri="{CORE}"><edmx:Include Namespace="Org.OData.Core.V1" Alias="Core"/></edmx:Reference>'
        f'<edmx:DataServices><Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="{NAMESPACE}">'
        f'{types}<EntityContainer Name="Container">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )


def _type_name(wanted: FlatSet) -> str:
    return f"{wanted.name}Row"


def _entity_type(wanted: FlatSet) -> str:
    key = "".join(f'<PropertyRef Name="{name}"/>' for name in key_of(wanted))
    properties = "".join(_property(column) for column in wanted.columns)
    return f'<EntityType Name="{_type_name(wanted)}"><Key>{key}</Key>{properties}</EntityType>'


def _property(column: Described) -> str:
    nullable = ' Nullable="false"' if column.always else ""
    return f'<Property Name="{column.key}" {EDM[column.kind]}{nullable}>{_described(column.definition)}</Property>'


def _described(words: str) -> str:
    return f'<Annotation Term="Org.OData.Core.V1.Description" String={quoteattr(words)}/>'
