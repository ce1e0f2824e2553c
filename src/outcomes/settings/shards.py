"""Parts into which the comparison's bootstrap and its other ways to the answer are divided, each a job of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from outcomes.errors import SettingsError
from outcomes.settings.study import Study


@dataclass(frozen=True)
class Shard:
    """The ``number``-th of ``of`` parts, counted from 1; as text ``2-of-8``, which is also the name of its file."""

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise SettingsError(f"there is no part {self.number} of {self.of}.")

    def __str__(self) -> str:
        return f"{self.number}-of-{self.of}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the part that a text names.

        Raises
        ------
        SettingsError
            It is none.
        """
        found = re.fullmatch(r"(\d+)-of-(\d+)", text)
        if found is None:
            raise SettingsError(f"'{text}' is not a part such as 2-of-8.")
        return cls(int(found[1]), int(found[2]))

    def share(self, total: int) -> range:
        """Return the numbers of this part of ``total`` things, counted from 0.

        Examples
        --------
        >>> [list(Shard(number, 3).share(8)) for number in (1, 2, 3)]
        [[0, 1], [2, 3, 4], [5, 6, 7]]
        """
        return range((self.number - 1) * total // self.of, self.number * total // self.of)

    def deal(self, total: int) -> range:
        """Return the same as every ``of``-th number: neighbours, which may take equally long, go to different parts.

        Examples
        --------
        >>> [list(Shard(number, 3).deal(8)) for number in (1, 2, 3)]
        [[0, 3, 6], [1, 4, 7], [2, 5]]
        """
        return range(self.number - 1, total, self.of)


def list_shards(study: Study) -> list[Shard]:
    """Return the parts in which a study's comparison is made; none without one."""
    if study.comparison is None:
        return []
    return [Shard(number, study.scatter) for number in range(1, study.scatter + 1)]
