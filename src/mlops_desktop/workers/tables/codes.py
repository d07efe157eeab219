"""Every code a finding may have, what it means and how serious it is: the list the user guide is tested against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mlops_desktop.domain.datasets import Finding, FindingSeverity

MOST_OF_A_CODE = 50
_INFO, _WARNING = FindingSeverity.INFO, FindingSeverity.WARNING


@dataclass(frozen=True)
class Code:
    severity: FindingSeverity
    meaning: str


CODES: dict[str, Code] = {
    # how the file was read
    "renamed_column": Code(_WARNING, "A column's name was empty, there already, overlong or had blanks around it."),
    "blank_lines": Code(_INFO, "Blank lines were passed over."),
    "stray_quotes": Code(_INFO, "Quote signs inside of unquoted cells were kept as letters."),
    "mixed_line_ends": Code(_INFO, "Lines end in different ways; each way was taken as a line end."),
    "mixed_encodings": Code(_WARNING, "A line looks like UTF-8 but was read in the encoding of the rest."),
    "lines_left_out": Code(_INFO, "Lines of the file were left out, as was asked."),
    # why a column has its type
    "missing_words_kept": Code(_INFO, "NA, null and the like stand in a column of text and were kept as text."),
    "missing_words": Code(_INFO, "NA, null and the like were read as missing values."),
    "leading_zeros": Code(_INFO, "Numbers with leading zeros were kept as text, so that no zero is lost."),
    "number_too_large": Code(_WARNING, "Numbers too large or too small to be kept made the column text."),
    "infinite_values": Code(_WARNING, "Infinite values made the column text."),
    "ambiguous_dates": Code(_WARNING, "Dates where day and month cannot be told apart were kept as text."),
    "mixed_time_zones": Code(_WARNING, "Times with and without an offset made the column text."),
    "mixed_types": Code(_WARNING, "A few values that do not fit made the column text."),
    "misfits_emptied": Code(_INFO, "Values that do not fit the chosen type were read as empty, as was asked."),
    "rows_left_out": Code(_INFO, "Rows with a value that does not fit the chosen type were left out, as was asked."),
    # what the content looks like
    "empty_column": Code(_WARNING, "A column without any value."),
    "constant_column": Code(_WARNING, "A column with one value only."),
    "many_missing": Code(_WARNING, "More than half of a column's values are missing."),
    "likely_identifier": Code(
        _INFO, "Every row has its own value: likely an identifier, which nothing is learnt from."
    ),
    "many_categories": Code(_INFO, "A text column with very many different values."),
    "duplicate_rows": Code(_WARNING, "Rows that are there more than once."),
    "outliers": Code(_INFO, "Values very far from the others."),
    "surrounding_blanks": Code(_INFO, "Text values begin or end with blanks, which were kept."),
    "twin_spellings": Code(_INFO, "Text values that differ only in upper and lower case or in blanks."),
    "mixed_units": Code(_WARNING, "Numbers written with different units were kept as text."),
    "formula_like": Code(_INFO, "Text values that a spreadsheet could take for a formula."),
    # what a target should not be learnt from
    "decides_target": Code(_WARNING, "A column alone decides the target, or nearly."),
    "known_after": Code(_WARNING, "A column seems to be known only after the target."),
    "strongly_related": Code(_WARNING, "A column alone is a very strong hint at the target."),
}


def finding(
    code: str, sentence: str, columns: tuple[str, ...] = (), *, count: int | None = None, first_row: int | None = None
) -> Finding:
    """A finding with the severity of its code. Rows are counted from 1, the header not counted."""
    return Finding(code, CODES[code].severity, sentence, columns, count, first_row)


def shortened(findings: Sequence[Finding], most: int = MOST_OF_A_CODE) -> list[Finding]:
    """The findings; of a code that is there very often only the first ones, and one that counts the rest."""
    total = Counter(item.code for item in findings)
    seen: Counter[str] = Counter()
    kept: list[Finding] = []
    for item in findings:
        seen[item.code] += 1
        if total[item.code] <= most or seen[item.code] < most:
            kept.append(item)
        elif seen[item.code] == most:
            rest = total[item.code] - most + 1
            meaning = CODES[item.code].meaning
            kept.append(finding(item.code, f"{rest} more columns like these. {meaning}", count=rest))
    return kept
