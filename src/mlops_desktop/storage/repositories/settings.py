"""Workspace settings in the registry: plain JSON values by key."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.plain import to_json
from mlops_desktop.storage.rows import SettingRow
from mlops_desktop.storage.transaction import Transaction


class SqlSettingRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, key: str) -> Any:
        row = self._transaction.one(select(SettingRow).where(SettingRow.key == key))
        return None if row is None else json.loads(row.value)

    def set(self, key: str, value: object) -> None:
        text = to_json(value)
        row = self._transaction.one(select(SettingRow).where(SettingRow.key == key))
        if row is None:
            self._transaction.add(SettingRow(key=key, value=text))
        else:
            self._transaction.change(row, value=text)
        self._transaction.note(ChangeKind.SETTING, key)
