"""Bulk writes: up to a thousand items, answered one by one in order; a bad item never fails its neighbours."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit.etags import ANY_VERSION, check_version
from leadkit.problems import Invalid, Problem, ProblemBody
from leadkit.validation import field_errors

ModelT = TypeVar("ModelT", bound=BaseModel)
RowT = TypeVar("RowT", bound="HasVersion")


class BulkRequest(BaseModel):
    """Items as sent; each is validated by itself."""

    items: Annotated[list[Any], Field(min_length=1, max_length=1000, examples=[[{"name": "One"}, {"name": "Another"}]])]


class OfMany(BaseModel):
    """One of many things to change: which, and the `version` that it must still have. The rest of the item is the body
    of the call for a single one."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: UUID
    version: Annotated[int, Field(ge=1)] | None = None


class HasVersion(Protocol):
    """A row that counts its changes."""

    version: Any


class BulkResult(BaseModel):
    """What became of one item."""

    index: int = Field(examples=[0])
    status: int = Field(examples=[201])
    id: UUID | None
    problem: ProblemBody | None


class BulkAnswer(BaseModel):
    """One result for each item, in the order of the items."""

    results: list[BulkResult]


async def answer_each(
    session: AsyncSession,
    items: Sequence[Any],
    model: type[ModelT],
    act: Callable[[ModelT], Awaitable[UUID]],
    *,
    status: int = 201,
) -> BulkAnswer:
    """Validates each item as `model` and acts on it inside a savepoint; a `Problem` becomes that item's answer."""
    results = []
    for index, item in enumerate(items):
        try:
            valid = validated(item, model)
            async with session.begin_nested():
                made = await act(valid)
            results.append(BulkResult(index=index, status=status, id=made, problem=None))
        except Problem as problem:
            results.append(refused(index, problem))
    return BulkAnswer(results=results)


async def change_each(
    session: AsyncSession,
    items: Sequence[Any],
    body: type[ModelT],
    find: Callable[[UUID], Awaitable[RowT]],
    change: Callable[[RowT, ModelT], Awaitable[Any]],
) -> BulkAnswer:
    """Changes each thing (found, and locked, by its id) as the rest of its item, a `body`, says; inside a savepoint."""

    async def act(item: OfMany) -> UUID:
        wanted = validated(item.model_extra or {}, body)
        row = await find(item.id)
        check_version(item.version or ANY_VERSION, row.version)
        await change(row, wanted)
        return item.id

    return await answer_each(session, items, OfMany, act, status=200)


async def answer_all(
    items: Sequence[Any],
    model: type[ModelT],
    act: Callable[[list[ModelT]], Awaitable[Sequence[UUID | Problem]]],
    *,
    status: int = 201,
) -> BulkAnswer:
    """Validates each item as `model` and acts on all valid ones at once; `act` gives an id or a `Problem` for each."""
    valid: dict[int, ModelT] = {}
    outcomes: dict[int, UUID | Problem] = {}
    for index, item in enumerate(items):
        try:
            valid[index] = validated(item, model)
        except Problem as problem:
            outcomes[index] = problem
    outcomes |= dict(zip(valid, await act(list(valid.values())), strict=True))
    return BulkAnswer(results=[_result(index, outcomes[index], status) for index in range(len(items))])


def _result(index: int, outcome: UUID | Problem, status: int) -> BulkResult:
    if isinstance(outcome, Problem):
        return refused(index, outcome)
    return BulkResult(index=index, status=status, id=outcome, problem=None)


def validated(item: Any, model: type[ModelT]) -> ModelT:
    """The item as `model`; raises `Invalid` with the places that are wrong."""
    try:
        return model.model_validate(item)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error.errors())) from None


def refused(index: int, problem: Problem) -> BulkResult:
    """The answer for an item that was not accepted."""
    return BulkResult(
        index=index, status=problem.status, id=None, problem=ProblemBody.model_validate(problem.body(None))
    )
